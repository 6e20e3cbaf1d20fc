import { type Static, Type } from 'typebox'
import { PLATFORM_STATUSES } from './overview.ts'
import { NumberOrNull, Operation, oneOf, orNull, TenantId, TextOrNull, Time, TimeOrNull } from './schema-parts.ts'

export const COMPONENT_STATUSES = ['ok', 'degraded', 'unavailable'] as const
export const HealthBody = Type.Object({
  status: oneOf(PLATFORM_STATUSES),
  reasons: Type.Array(Type.String()),
  components: Type.Record(
    Type.String(),
    Type.Object({
      status: oneOf(COMPONENT_STATUSES),
      latency_ms: NumberOrNull,
      since: TimeOrNull,
      last_heartbeat_at: Type.Optional(TimeOrNull),
    }),
  ),
  as_of: Time,
})
export type HealthBody = Static<typeof HealthBody>

const Seconds = orNull(Type.Integer({ minimum: 1 }))
export const AboutBody = Type.Object({
  version: Type.String(),
  commit: TextOrNull,
  engines: Type.Object({
    log: Type.String({ description: 'postgres | kafka' }),
    gate: Type.String({ description: 'postgres | redis' }),
    store: Type.String({ description: 'postgres' }),
  }),
  embedded: orNull(
    Type.Boolean({
      description: 'Whether the database is the one that the project brings along; null while it is away',
    }),
  ),
  access: oneOf(['token', 'loopback']),
  retention: Type.Object(
    {
      events_seconds: Seconds,
      dead_letters_seconds: Seconds,
      log_seconds: Seconds,
      idempotency_window_seconds: Seconds,
    },
    { description: 'How long each is kept; dead letters count from their end, open ones stay' },
  ),
  limits: Type.Object({
    rate_limit_per_min: Type.Integer({ minimum: 1 }),
    max_redrive_attempts: Type.Integer({
      minimum: 1,
      description: 'A dead letter that failed again so often is left out of jobs',
    }),
    max_job_size: Type.Integer({ minimum: 1 }),
    max_job_rate_per_second: Type.Integer({ minimum: 1 }),
  }),
  ingest_url: orNull(Type.String({ description: 'The address that producers use; null when admin was not told' })),
  test_tenants: Type.Array(Type.String(), { description: 'Tenants for which POST /admin/test-event has a key' }),
  demo_curl: orNull(
    Type.String({
      description: 'A command that sends one event. Shows no key but the public ones of the demo: else $SLUICE_API_KEY',
    }),
  ),
  as_of: Time,
})
export type AboutBody = Static<typeof AboutBody>

export const TestEventRequest = Type.Object({ ...Operation, tenant_id: TenantId })
export type TestEventRequest = Static<typeof TestEventRequest>
export const TestEventBody = Type.Object(
  {
    operation_id: Type.String(),
    tenant_id: Type.String(),
    receipt_id: Type.String(),
    event_id: Type.String(),
    idempotency_key: Type.String(),
    duplicate: Type.Boolean({ description: 'True when the same operation had sent it before' }),
  },
  { description: 'Ingest accepted the event; follow its receipt' },
)
export type TestEventBody = Static<typeof TestEventBody>
