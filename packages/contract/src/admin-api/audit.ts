import { type Static, Type } from 'typebox'
import { AUDIT_ACTIONS } from '../audit-actions.ts'
import { CountOrNull, Cursor, Limit, oneOf, orNull, page, Text, TextOrNull, Time, When } from './schema-parts.ts'

export const AuditQuery = Type.Object({
  action: Type.Optional(oneOf(AUDIT_ACTIONS)),
  target: Type.Optional(Text(255)),
  since: When,
  until: When,
  cursor: Cursor,
  limit: Limit(50),
})
export const AuditEntry = Type.Object({
  operation_id: Type.String(),
  at: Time,
  by: Type.String({ description: 'As the caller named itself, else `admin`; not proved' }),
  action: oneOf(AUDIT_ACTIONS),
  target: orNull(Type.String({ description: 'The dead letter, the job, the tenant or the API key, by id' })),
  count: CountOrNull,
  note: TextOrNull,
  request_id: Type.String(),
  before: orNull(Type.Object({}, { additionalProperties: true })),
  after: orNull(Type.Object({}, { additionalProperties: true })),
})
export type AuditEntry = Static<typeof AuditEntry>
export const AuditBody = page(AuditEntry)
