import { isoTime } from './fake-random.ts'
import type { FakeAnswers, FakeSituation } from './fake-situation.ts'

/** Whether it works, and what runs here. */
export const healthAnswers = (at: FakeSituation): Pick<FakeAnswers, 'health' | 'about'> => ({
  health: () => ({ ...verdict(at), components: components(at), as_of: at.asOf({}) }),
  about: () => ({
    version: '0.1.0',
    commit: null,
    engines: { log: 'kafka', gate: 'redis', store: 'postgres' },
    embedded: false,
    access: 'loopback',
    retention: {
      events_seconds: 2_592_000,
      dead_letters_seconds: 1_209_600,
      log_seconds: 604_800,
      idempotency_window_seconds: 1_800,
    },
    limits: {
      rate_limit_per_min: 300,
      max_redrive_attempts: 5,
      max_job_size: 100_000,
      max_job_rate_per_second: 1_000,
    },
    ingest_url: 'http://127.0.0.1:8080',
    test_tenants: ['tenant_a', 'shop'],
    demo_curl: `curl -i http://127.0.0.1:8080/events -H 'X-API-Key: key_a' -H 'Idempotency-Key: hello-1' -H 'Content-Type: application/json' -d '{"event_id":"hello-1","event_type":"order.created","schema_version":1,"occurred_at":"2026-01-31T12:00:00Z","payload":{"order":1001}}'`,
    as_of: isoTime(at.now()),
  }),
})

/** Whether it is well, and why not. */
export function verdict(at: FakeSituation) {
  if (at.scenario === 'stopped')
    return {
      status: 'unhealthy' as const,
      reasons: [`No processor has shown a sign of life since ${isoTime(at.beganMs)}.`],
    }
  if (at.scenario === 'unknown') return { status: 'unhealthy' as const, reasons: ['The log does not answer.'] }
  if (at.scenario === 'growing')
    return { status: 'degraded' as const, reasons: ['The oldest waiting event has waited for 75 s.'] }
  if (at.scenario === 'gap') return { status: 'degraded' as const, reasons: ['3 accepted events are nowhere.'] }
  return { status: 'healthy' as const, reasons: [] }
}

function components(at: FakeSituation) {
  const since = isoTime(at.now() - 7_200_000)
  const ok = (latency_ms: number | null) => ({ status: 'ok' as const, latency_ms, since })
  const down = { status: 'unavailable' as const, latency_ms: null, since: isoTime(at.beganMs) }
  const beat =
    at.scenario === 'stopped'
      ? { ...down, last_heartbeat_at: isoTime(at.beganMs) }
      : { ...ok(null), last_heartbeat_at: isoTime(at.now() - 400) }
  return {
    store: ok(1.8),
    log: at.scenario === 'unknown' ? down : ok(2.4),
    gate: ok(0.6),
    processor: beat,
    ingest: ok(3.1),
  }
}
