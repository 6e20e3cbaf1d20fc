import { type Static, Type } from 'typebox'
import { DEAD_LETTER_REASONS, DEAD_LETTER_STAGES, DEAD_LETTER_STATES } from '../dead-letter.ts'
import {
  Count,
  CountOrNull,
  Cursor,
  Limit,
  oneOf,
  orNull,
  page,
  Source,
  Tenant,
  Text,
  TextOrNull,
  Time,
  TimeOrNull,
  Uuid,
  When,
} from './schema-parts.ts'

export const SampleQuery = Type.Object({ limit: Limit(20) })
export const DeadLetterParams = Type.Object({ id: Uuid })

const Pointer = Type.Optional(
  Type.String({ maxLength: 1_024, pattern: '^[^\\u0000]*$', description: 'JSON Pointer; empty: those without one' }),
)
/** Which dead letters: one meaning for list, groups and count. A member that is not given excludes nothing, `state` included. */
const Filter = {
  state: Type.Optional(oneOf(DEAD_LETTER_STATES)),
  reason: Type.Optional(oneOf(DEAD_LETTER_REASONS)),
  pointer: Pointer,
  tenant: Tenant,
  eventId: Type.Optional(Text(255)),
  eventType: Type.Optional(Text(255)),
  since: When,
  until: When,
  q: Type.Optional(Text(255)),
  job: Type.Optional(Type.String({ ...Uuid, description: 'Those that this redrive job took' })),
}
export const DeadLetterFilterQuery = Type.Object(Filter)
export type DeadLetterFilterQuery = Static<typeof DeadLetterFilterQuery>
export const DeadLettersQuery = Type.Object({
  ...Filter,
  include: Type.Optional(Type.String({ pattern: '^(event|original|history)(,(event|original|history)){0,2}$' })),
  cursor: Cursor,
  limit: Limit(50),
})
export const DeadLetterGroupsQuery = Type.Object({ ...Filter, limit: Limit(50) })

/** The same filter in a body; its members are spelled as members are. */
export const DeadLetterFilterBody = Type.Object(
  {
    state: Type.Optional(oneOf(DEAD_LETTER_STATES)),
    reason: Type.Optional(oneOf(DEAD_LETTER_REASONS)),
    pointer: Pointer,
    tenant_id: Tenant,
    event_id: Type.Optional(Text(255)),
    event_type: Type.Optional(Text(255)),
    since: When,
    until: When,
    q: Type.Optional(Text(255)),
    job: Type.Optional(Uuid),
  },
  { additionalProperties: false },
)
export type DeadLetterFilterBody = Static<typeof DeadLetterFilterBody>

export const DEAD_LETTER_HAPPENINGS = ['redriven', 'failed_again', 'dismissed', 'stored', 'opened_again'] as const
export type DeadLetterHappening = (typeof DEAD_LETTER_HAPPENINGS)[number]
export const DeadLetterHistoryStep = Type.Object({
  at: Time,
  what: oneOf(DEAD_LETTER_HAPPENINGS),
  by: Type.String(),
  note: TextOrNull,
  edited: Type.Optional(Type.Boolean({ description: 'Of a redrive: whether the event was changed' })),
  job_id: Type.Optional(TextOrNull),
})

export const DeadLetterBody = Type.Object({
  id: Type.String(),
  state: oneOf(DEAD_LETTER_STATES),
  reason: oneOf(DEAD_LETTER_REASONS),
  detail: Type.String(),
  pointer: TextOrNull,
  stage: oneOf(DEAD_LETTER_STAGES),
  failed_at: Time,
  first_failed_at: Time,
  closed_at: TimeOrNull,
  attempt: Type.Integer({
    minimum: 0,
    description: '1 for the first try, one more for each redrive that failed again',
  }),
  tenant_id: TextOrNull,
  receipt_id: TextOrNull,
  idempotency_key: TextOrNull,
  event_id: TextOrNull,
  event_type: TextOrNull,
  fingerprint: TextOrNull,
  source: Source,
  event: Type.Optional(orNull(Type.String({ description: "The producer's body as text" }))),
  original: Type.Optional(Type.String()),
  original_encoding: Type.Optional(oneOf(['utf8', 'base64'])),
  history: Type.Optional(Type.Array(DeadLetterHistoryStep, { description: 'Oldest first' })),
})
export type DeadLetterBody = Static<typeof DeadLetterBody>

export const DeadLettersBody = page(DeadLetterBody)

export const DeadLetterGroup = Type.Object({
  reason: oneOf(DEAD_LETTER_REASONS),
  pointer: orNull(Type.String({ description: 'As a filter, null is the empty pointer' })),
  count: Count,
  share: Type.Number({ description: 'Of all that match, 0 to 1' }),
  first_seen: Time,
  last_seen: Time,
  tenants: Type.Array(Type.Object({ tenant_id: TextOrNull, count: Count }), {
    description: 'At most ten, the largest first',
  }),
  tenant_count: Count,
  example_id: Type.String({ description: 'The newest' }),
})
export type DeadLetterGroup = Static<typeof DeadLetterGroup>
export const DeadLetterGroupsBody = Type.Object({
  data: Type.Array(DeadLetterGroup, { description: 'Largest first, at most `limit`' }),
  group_count: Count,
  total: Count,
  as_of: Time,
})
export type DeadLetterGroupsBody = Static<typeof DeadLetterGroupsBody>

export const DeadLetterCountBody = Type.Object({
  count: Count,
  exact: Type.Boolean({ description: 'False: there are more than the 100,000 counted' }),
  as_of: Time,
})
export type DeadLetterCountBody = Static<typeof DeadLetterCountBody>

export const SampleBody = Type.Object({
  data: Type.Array(
    Type.Object({
      reason: orNull(oneOf(DEAD_LETTER_REASONS)),
      detail: TextOrNull,
      pointer: TextOrNull,
      stage: orNull(oneOf(DEAD_LETTER_STAGES)),
      failed_at: TimeOrNull,
      tenant_id: TextOrNull,
      receipt_id: TextOrNull,
      source: orNull(Source),
      attempt: CountOrNull,
      original: Type.String(),
      original_encoding: oneOf(['utf8', 'base64']),
    }),
  ),
})
export type SampleBody = Static<typeof SampleBody>
