import { type Static, type TSchema, Type } from 'typebox'
import { DEAD_LETTER_REASONS, DEAD_LETTER_STAGES, DEAD_LETTER_STATES } from './dead-letter.ts'

const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const oneOf = <const T extends readonly string[]>(words: T) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...words] })

/** RFC 3339, UTC, milliseconds. */
const Time = Type.String({ format: 'date-time' })
const Count = Type.Integer({ minimum: 0 })
const CountOrNull = orNull(Count)

// What a caller gives. A NUL can stand in no row, and PostgreSQL refuses to be asked for one.
const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]*$' })
const TenantId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
const Tenant = Type.Optional(TenantId)
const Limit = (fallback: number) => Type.Integer({ minimum: 1, maximum: 200, default: fallback })
const Cursor = Type.Optional(Type.String({ maxLength: 100, description: 'next_cursor of the page before' }))
const When = Type.Optional(
  Type.String({
    format: 'date-time',
    pattern: '^\\d{4}-\\d\\d-\\d\\d[Tt]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?([Zz]|[+-]\\d\\d:\\d\\d)$',
  }),
)

export const OverviewQuery = Type.Object({ tenant: Tenant })
export const TopEventTypesQuery = Type.Object({
  sinceMinutes: Type.Integer({ minimum: 1, maximum: 43_200, default: 1_440 }),
  limit: Limit(10),
  tenant: Tenant,
})
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
export const ReceiptParams = Type.Object({
  receipt_id: Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' }),
})
export const SampleQuery = Type.Object({ limit: Limit(20) })
export const DeadLettersQuery = Type.Object({
  state: Type.Optional(oneOf(DEAD_LETTER_STATES)),
  reason: Type.Optional(oneOf(DEAD_LETTER_REASONS)),
  pointer: Type.Optional(Type.String({ maxLength: 1_024, pattern: '^[^\\u0000]*$' })),
  tenant: Tenant,
  eventId: Type.Optional(Text(255)),
  eventType: Type.Optional(Text(255)),
  since: When,
  until: When,
  q: Type.Optional(Text(255)),
  include: Type.Optional(Type.String({ pattern: '^(event|original|history)(,(event|original|history)){0,2}$' })),
  cursor: Cursor,
  limit: Limit(50),
})
export const DeadLetterParams = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' }),
})

const Percentiles = Type.Object({
  p50: orNull(Type.Number()),
  p95: orNull(Type.Number()),
  p99: orNull(Type.Number()),
})
export const PLATFORM_STATUSES = ['healthy', 'degraded', 'unhealthy'] as const
export type PlatformStatus = (typeof PLATFORM_STATUSES)[number]

export const OverviewBody = Type.Object(
  {
    status: oneOf(PLATFORM_STATUSES),
    reasons: Type.Array(Type.String()),
    events_last_1m: CountOrNull,
    events_last_5m: CountOrNull,
    accepted_last_5m: CountOrNull,
    duplicates_last_5m: CountOrNull,
    rate_limited_last_5m: CountOrNull,
    counted_since: orNull(
      Type.String({
        format: 'date-time',
        description: 'From when on the gate has counted accepted, duplicates and rate_limited without a gap',
      }),
    ),
    dead_lettered_last_5m: CountOrNull,
    dead_letters_open: orNull(Type.Integer({ minimum: 0, description: 'Counted up to 100,000' })),
    top_event_types: orNull(Type.Array(Type.Object({ event_type: Type.String(), count: Count }))),
    end_to_end_ms: Percentiles,
    as_of: Time,
  },
  { description: 'Numbers that cannot be known are null, never 0' },
)
export type OverviewBody = Static<typeof OverviewBody>

export const TopEventTypesBody = Type.Object({
  since: Time,
  data: Type.Array(Type.Object({ event_type: Type.String(), count: Count, share: Type.Number() })),
})
export type TopEventTypesBody = Static<typeof TopEventTypesBody>

const Source = Type.Object({ topic: Type.String(), partition: Count, offset: Count })

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

export const DeadLetterBody = Type.Object({
  id: Type.String(),
  state: oneOf(DEAD_LETTER_STATES),
  reason: oneOf(DEAD_LETTER_REASONS),
  detail: Type.String(),
  pointer: orNull(Type.String()),
  stage: oneOf(DEAD_LETTER_STAGES),
  failed_at: Time,
  attempt: Count,
  tenant_id: orNull(Type.String()),
  receipt_id: orNull(Type.String()),
  idempotency_key: orNull(Type.String()),
  event_id: orNull(Type.String()),
  event_type: orNull(Type.String()),
  fingerprint: orNull(Type.String()),
  source: Source,
  event: Type.Optional(orNull(Type.String({ description: "The producer's body as text" }))),
  original: Type.Optional(Type.String()),
  original_encoding: Type.Optional(oneOf(['utf8', 'base64'])),
  history: Type.Optional(
    Type.Array(Type.Object({ at: Time, what: Type.String(), by: Type.String(), note: orNull(Type.String()) })),
  ),
})
export type DeadLetterBody = Static<typeof DeadLetterBody>

const page = <T extends TSchema>(item: T) => Type.Object({ data: Type.Array(item), next_cursor: orNull(Type.String()) })
export const EventsBody = page(EventBodyRead)
export const DeadLettersBody = page(DeadLetterBody)
export const EventSearchBody = Type.Object({
  events: Type.Array(EventBodyRead),
  dead_letters: Type.Array(DeadLetterBody),
})
export const ByIdempotencyBody = Type.Object({
  events: Type.Array(EventBodyRead),
  dead_letters: Type.Array(DeadLetterBody),
  key: Type.Object({
    state: orNull(oneOf(['in_flight', 'accepted', 'unknown'])),
    expires_at: orNull(Time),
  }),
})

export const RECEIPT_STATES = ['waiting', 'stored', 'dead_lettered', 'redriving', 'dismissed', 'unknown'] as const
export type ReceiptState = (typeof RECEIPT_STATES)[number]
export const RECEIPT_STEPS = ['accepted', 'appended', 'dead_lettered', 'redriven', 'dismissed', 'stored'] as const

export const ReceiptBody = Type.Object({
  receipt_id: Type.String(),
  state: oneOf(RECEIPT_STATES),
  certain: Type.Boolean({ description: 'False: too much waits to look at all of it; the state is told by times' }),
  steps: Type.Array(
    Type.Object({
      step: oneOf(RECEIPT_STEPS),
      at: Time,
      source: Type.Optional(Source),
      by: Type.Optional(Type.String()),
      reason: Type.Optional(Type.String()),
      detail: Type.Optional(Type.String()),
    }),
  ),
  event: Type.Optional(EventBodyRead),
  dead_letter: Type.Optional(DeadLetterBody),
})
export type ReceiptBody = Static<typeof ReceiptBody>

export const SampleBody = Type.Object({
  data: Type.Array(
    Type.Object({
      reason: orNull(oneOf(DEAD_LETTER_REASONS)),
      detail: orNull(Type.String()),
      pointer: orNull(Type.String()),
      stage: orNull(oneOf(DEAD_LETTER_STAGES)),
      failed_at: orNull(Time),
      tenant_id: orNull(Type.String()),
      receipt_id: orNull(Type.String()),
      source: orNull(Source),
      attempt: CountOrNull,
      original: Type.String(),
      original_encoding: oneOf(['utf8', 'base64']),
    }),
  ),
})
export type SampleBody = Static<typeof SampleBody>

export const LagBody = Type.Object({
  engine: Type.String(),
  group: Type.String(),
  consuming: Type.Boolean({ description: 'Whether a processor showed a sign of life in the last seconds' }),
  total_lag: CountOrNull,
  behind_seconds: orNull(Type.Number()),
  drain_seconds: orNull(Type.Number()),
  trend: orNull(oneOf(['draining', 'growing', 'steady'])),
  partitions: orNull(
    Type.Array(
      Type.Object({
        partition: Count,
        start: CountOrNull,
        end: CountOrNull,
        committed: CountOrNull,
        lag: CountOrNull,
        oldest_waiting_at: orNull(Time),
        behind_seconds: orNull(Type.Number()),
      }),
    ),
  ),
  reason: Type.Optional(Type.String({ description: 'Why the numbers are null' })),
  as_of: Time,
})
export type LagBody = Static<typeof LagBody>

export const COMPONENT_STATUSES = ['ok', 'degraded', 'unavailable'] as const
export const HealthBody = Type.Object({
  status: oneOf(PLATFORM_STATUSES),
  reasons: Type.Array(Type.String()),
  components: Type.Record(
    Type.String(),
    Type.Object({
      status: oneOf(COMPONENT_STATUSES),
      latency_ms: orNull(Type.Number()),
      since: orNull(Time),
      last_heartbeat_at: Type.Optional(orNull(Time)),
    }),
  ),
  as_of: Time,
})
export type HealthBody = Static<typeof HealthBody>
