import { type Static, Type } from 'typebox'
import { Count, CountOrNull, Limit, Minutes, NumberOrNull, oneOf, orNull, Tenant, Time } from './schema-parts.ts'

export const PLATFORM_STATUSES = ['healthy', 'degraded', 'unhealthy'] as const
export type PlatformStatus = (typeof PLATFORM_STATUSES)[number]

export const OverviewQuery = Type.Object({ tenant: Tenant })
export const TopEventTypesQuery = Type.Object({
  sinceMinutes: Type.Integer({ minimum: 1, maximum: 43_200, default: 1_440 }),
  limit: Limit(10),
  tenant: Tenant,
})
export const ThroughputQuery = Type.Object({ minutes: Minutes, tenant: Tenant })

const CountedSince = orNull(
  Type.String({
    format: 'date-time',
    description: 'From when on the gate has counted accepted, duplicates and rate_limited without a gap',
  }),
)
const Percentiles = Type.Object({ p50: NumberOrNull, p95: NumberOrNull, p99: NumberOrNull })

export const OverviewBody = Type.Object(
  {
    status: oneOf(PLATFORM_STATUSES),
    reasons: Type.Array(Type.String()),
    events_last_1m: CountOrNull,
    events_last_5m: CountOrNull,
    accepted_last_5m: CountOrNull,
    duplicates_last_5m: CountOrNull,
    rate_limited_last_5m: CountOrNull,
    counted_since: CountedSince,
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

export const ThroughputMinute = Type.Object({
  minute: Time,
  accepted: CountOrNull,
  stored: CountOrNull,
  duplicates: CountOrNull,
  rate_limited: CountOrNull,
  dead_lettered: CountOrNull,
  end_to_end_p95_ms: orNull(Type.Number({ description: 'Null also when nothing was stored' })),
  complete: Type.Boolean({ description: 'False for the running minute' }),
})
export type ThroughputMinute = Static<typeof ThroughputMinute>

export const ThroughputBody = Type.Object(
  {
    data: Type.Array(ThroughputMinute, { description: 'Every minute, oldest first, the running one last' }),
    counted_since: CountedSince,
    as_of: Time,
  },
  {
    description:
      'accepted, duplicates and rate_limited by the minute of the request, the rest by the minute of storage. Null: the engine that counts is away, or the counts of that minute were lost in part',
  },
)
export type ThroughputBody = Static<typeof ThroughputBody>

const TenantCounts = Type.Object({
  accepted: CountOrNull,
  duplicates: CountOrNull,
  rate_limited: CountOrNull,
  stored: CountOrNull,
  dead_lettered: CountOrNull,
})
export const TenantBody = Type.Object({
  tenant_id: Type.String(),
  limit_per_min: Type.Integer({ minimum: 1, description: 'Events in any 60 s' }),
  last_minute: orNull(
    Type.Object(
      { accepted: Count, duplicates: Count, rate_limited: Count },
      { description: 'At the edge, in the last complete minute; accepted and duplicates both cost of the limit' },
    ),
  ),
  last_1h: TenantCounts,
  last_24h: TenantCounts,
  first_limited_at: orNull(
    Type.String({ format: 'date-time', description: 'The first minute of the last 24 h with a refusal for the limit' }),
  ),
  last_seen_at: orNull(
    Type.String({ format: 'date-time', description: 'The last minute of the last 24 h with anything of this tenant' }),
  ),
  can_test: Type.Boolean({ description: 'Whether POST /admin/test-event works for it' }),
})
export type TenantBody = Static<typeof TenantBody>
export const TenantsBody = Type.Object({
  data: Type.Array(TenantBody, { description: 'By name: everyone seen in 24 h, or known by a key' }),
  counted_since: CountedSince,
  as_of: Time,
})
export type TenantsBody = Static<typeof TenantsBody>
