// What the schemas of the Admin API are made of.
import { type TSchema, Type } from 'typebox'

export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
export const oneOf = <const T extends readonly string[]>(words: T) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...words] })

/** RFC 3339, UTC, milliseconds. */
export const Time = Type.String({ format: 'date-time' })
export const TimeOrNull = orNull(Time)
export const Count = Type.Integer({ minimum: 0 })
export const CountOrNull = orNull(Count)
export const NumberOrNull = orNull(Type.Number())
export const TextOrNull = orNull(Type.String())

/** What a caller gives. A NUL can stand in no row, and PostgreSQL refuses to be asked for one. */
export const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]*$' })
export const Uuid = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' })
export const TenantId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
export const Tenant = Type.Optional(TenantId)
export const Limit = (fallback: number) => Type.Integer({ minimum: 1, maximum: 200, default: fallback })
export const Cursor = Type.Optional(Type.String({ maxLength: 100, description: 'next_cursor of the page before' }))
/** Up to 24 h back from now. */
export const Minutes = Type.Integer({ minimum: 1, maximum: 1_440, default: 60 })
export const When = Type.Optional(
  Type.String({
    format: 'date-time',
    pattern: '^\\d{4}-\\d\\d-\\d\\d[Tt]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?([Zz]|[+-]\\d\\d:\\d\\d)$',
  }),
)

export const page = <T extends TSchema>(item: T) =>
  Type.Object({ data: Type.Array(item), next_cursor: orNull(Type.String()) })

/** Where in the log a record stood. */
export const Source = Type.Object({ topic: Type.String(), partition: Count, offset: Count })

/** What every change carries besides its subject. */
export const Operation = {
  operation_id: Type.String({
    ...Uuid,
    description: 'Made anew for each intention: sent again with the same one, the operation is done once',
  }),
  by: Type.Optional(Type.String({ ...Text(64), description: 'Who asks, in their own words; for the audit' })),
}
