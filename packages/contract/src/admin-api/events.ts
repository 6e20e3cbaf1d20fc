import { type Static, Type } from 'typebox'
import { DeadLetterBody } from './dead-letters.ts'
import {
  Cursor,
  Limit,
  oneOf,
  orNull,
  page,
  Source,
  Tenant,
  TenantId,
  Text,
  Time,
  TimeOrNull,
  When,
} from './schema-parts.ts'

export const EventSearchQuery = Type.Object({ tenant: TenantId, eventId: Text(255) })
export const ByIdempotencyQuery = Type.Object({ tenant: TenantId, idempotencyKey: Text(255) })
export const EventsQuery = Type.Object({
  tenant: Tenant,
  eventType: Type.Optional(Text(255)),
  since: When,
  until: When,
  cursor: Cursor,
  limit: Limit(50),
})

export const EventBodyRead = Type.Object({
  receipt_id: Type.String(),
  tenant_id: Type.String(),
  event_id: Type.String(),
  idempotency_key: Type.String(),
  event_type: Type.String(),
  schema_version: Type.Integer(),
  occurred_at: Time,
  received_at: Time,
  processed_at: Time,
  status: Type.String(),
  payload: Type.Object({}, { additionalProperties: true, description: "The producer's JSON, numbers with all digits" }),
  extra: orNull(
    Type.Object({}, { additionalProperties: true, description: 'Members that the platform does not know' }),
  ),
  fingerprint: Type.String(),
  source: Source,
})
export type EventBodyRead = Static<typeof EventBodyRead>

export const EventsBody = page(EventBodyRead)
export const EventSearchBody = Type.Object({
  events: Type.Array(EventBodyRead),
  dead_letters: Type.Array(DeadLetterBody),
})
export const ByIdempotencyBody = Type.Object({
  events: Type.Array(EventBodyRead),
  dead_letters: Type.Array(DeadLetterBody),
  key: Type.Object({
    state: orNull(oneOf(['in_flight', 'accepted', 'unknown'])),
    expires_at: TimeOrNull,
  }),
})
