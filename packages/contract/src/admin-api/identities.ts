import { type Static, Type } from 'typebox'
import { DEAD_LETTER_REASONS, DEAD_LETTER_STATES } from '../dead-letter.ts'
import { oneOf, Tenant, TextOrNull, When } from './schema-parts.ts'

/** Media type of newline-delimited JSON. */
export const NDJSON_MEDIA_TYPE = 'application/x-ndjson'

export const IdentitiesQuery = Type.Object({
  tenant: Tenant,
  since: When,
  until: When,
  include: Type.Optional(
    Type.String({ pattern: '^content$', description: '`content`: what was stored, or the original bytes, too' }),
  ),
})

/** One line of the export: which event it is, and where it is. */
export const Identity = Type.Object(
  {
    place: oneOf(['event', 'dead_letter']),
    tenant_id: TextOrNull,
    idempotency_key: TextOrNull,
    fingerprint: TextOrNull,
    receipt_id: TextOrNull,
    state: oneOf(['stored', ...DEAD_LETTER_STATES]),
    reason: Type.Union([oneOf(DEAD_LETTER_REASONS), Type.Null()]),
    event_id: Type.Optional(Type.String()),
    event_type: Type.Optional(Type.String()),
    schema_version: Type.Optional(Type.Integer()),
    occurred_at: Type.Optional(Type.String({ format: 'date-time', description: 'Six digits of a second' })),
    payload: Type.Optional(
      Type.String({ description: "The stored payload's JSON text, as text: parsing would change numbers" }),
    ),
    extra: Type.Optional(TextOrNull),
    original: Type.Optional(Type.String({ description: "A dead letter's record value, in base64" })),
  },
  {
    description:
      'Null where a record cannot be read. The times of the query are those of storage, or of the last failure, by the database’s clock',
  },
)
export type Identity = Static<typeof Identity>
