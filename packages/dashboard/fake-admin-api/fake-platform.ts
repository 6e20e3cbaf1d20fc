import { randomUUID } from 'node:crypto'
import type {
  CancelRequest,
  CheckRequest,
  DismissRequest,
  RedriveOneRequest,
  RedriveRequest,
} from '@sluice/contract/admin-api/redrives'
import type { RouteName } from '../admin-api/routes.ts'
import { fakeAudit } from './fake-audit.ts'
import { type FakeFilter, groupsOf, listed, whole } from './fake-dead-letters.ts'
import { FAKE_TENANTS, type FakeEvent, fakeEvent, fakeEventJson, fakeEvents, HOSTILE_TEXT } from './fake-events.ts'
import { FakeLedger, FakeRefusal } from './fake-ledger.ts'
import {
  type FakeScenario,
  fakeBalance,
  fakeLag,
  fakeLagHistory,
  fakeThroughput,
  SCALE,
  waitingIn,
} from './fake-numbers.ts'
import { isoTime, receiptAt } from './fake-random.ts'
import { type FakeTestEvent, fakeReceipt } from './fake-receipts.ts'

export type FakeAsked = Readonly<Record<string, string>>
/** An answer: a value, or JSON text where payloads are spliced in. */
export type FakeAnswer = object | string

export type FakePlatform = {
  scenario: FakeScenario
  setScenario(scenario: FakeScenario): void
  answer(name: RouteName, asked: FakeAsked, body: unknown): FakeAnswer
}

/** A platform in memory that behaves as the contract says; `now` in Unix milliseconds. */
export function createFakePlatform(now: () => number, firstScenario: FakeScenario = 'normal'): FakePlatform {
  let scenario = firstScenario
  let beganMs = now()
  const ledger = new FakeLedger(now)
  const sent = new Map<string, FakeTestEvent>()
  const isFirstRun = () => scenario === 'first_run'
  const isUnknown = (asked: FakeAsked) => scenario === 'unknown' || asked.tenant === 'unknown_numbers'
  const waiting = (asked: FakeAsked) => (isUnknown(asked) ? null : waitingIn(scenario, (now() - beganMs) / 1000))
  const asOf = (asked: FakeAsked) => isoTime(scenario === 'stale' || asked.tenant === 'stale' ? now() - 90_000 : now())
  const tenantIds = () => (isFirstRun() ? ['tenant_a'] : [...FAKE_TENANTS])

  function processedTests(): FakeEvent[] {
    return [...sent.values()]
      .map(({ event }) => event)
      .filter(({ receivedMs }) => now() - receivedMs > 1_500)
      .reverse()
  }
  function eventsOf(asked: FakeAsked): FakeEvent[] {
    const made = isFirstRun() ? [] : fakeEvents(now(), { tenant: asked.tenant, eventType: asked.eventType })
    const all = [...processedTests(), ...made]
    return all.filter(
      ({ receivedMs }) =>
        (asked.since === undefined || isoTime(receivedMs) >= asked.since) &&
        (asked.until === undefined || isoTime(receivedMs) < asked.until),
    )
  }

  const answers: Record<RouteName, (asked: FakeAsked, body: never) => FakeAnswer> = {
    overview: (asked) => {
      const unknown = isUnknown(asked)
      const recent = fakeThroughput(6, now(), SCALE[asked.tenant ?? ''] ?? 1)
      const sum = (name: 'accepted' | 'stored' | 'duplicates' | 'rate_limited' | 'dead_lettered') =>
        unknown
          ? null
          : isFirstRun()
            ? name === 'stored' || name === 'accepted'
              ? processedTests().length
              : 0
            : recent.slice(-5).reduce((total, minute) => total + (minute[name] ?? 0), 0)
      const open = ledger.list({
        state: 'open',
        ...(asked.tenant === undefined ? {} : { tenant: asked.tenant }),
      }).length
      return {
        ...verdict(),
        events_last_1m: unknown ? null : isFirstRun() ? processedTests().length : (recent.at(-2)?.stored ?? 0),
        events_last_5m: sum('stored'),
        accepted_last_5m: sum('accepted'),
        duplicates_last_5m: sum('duplicates'),
        rate_limited_last_5m: sum('rate_limited'),
        counted_since: isoTime(now() - 86_400_000),
        dead_lettered_last_5m: sum('dead_lettered'),
        dead_letters_open: unknown ? null : isFirstRun() ? 0 : asked.tenant === 'huge' ? 100_000 : open,
        top_event_types: unknown ? null : topTypes(asked).map(({ event_type, count }) => ({ event_type, count })),
        end_to_end_ms: unknown || isFirstRun() ? { p50: null, p95: null, p99: null } : { p50: 22, p95: 48, p99: 130 },
        as_of: asOf(asked),
      }
    },
    throughput: (asked) => {
      const data = fakeThroughput(
        Number(asked.minutes ?? 60),
        now(),
        isFirstRun() ? 0 : (SCALE[asked.tenant ?? ''] ?? 1),
      )
      const unknown = {
        accepted: null,
        stored: null,
        duplicates: null,
        rate_limited: null,
        dead_lettered: null,
        end_to_end_p95_ms: null,
      }
      const shown = data.map((minute, index) => {
        if (isUnknown(asked)) return { ...minute, ...unknown }
        if (isFirstRun())
          return { ...minute, end_to_end_p95_ms: null, stored: index === data.length - 1 ? processedTests().length : 0 }
        return minute
      })
      return { data: shown, counted_since: isoTime(now() - 86_400_000), as_of: asOf(asked) }
    },
    topEventTypes: (asked) => ({
      since: isoTime(now() - 86_400_000),
      data: topTypes(asked).slice(0, Number(asked.limit ?? 10)),
    }),
    health: () => ({ ...verdict(), components: components(), as_of: asOf({}) }),
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
      as_of: isoTime(now()),
    }),
    tenants: () => {
      const counts = { accepted: 9_400, duplicates: 320, rate_limited: 12, stored: 9_380, dead_lettered: 9 }
      const data = tenantIds().map((tenant_id, index) => ({
        tenant_id,
        limit_per_min: 300,
        last_minute: { accepted: 120, duplicates: 4, rate_limited: 0 },
        last_1h: counts,
        last_24h: counts,
        first_limited_at: index === 1 ? isoTime(now() - 3_000_000) : null,
        last_seen_at: isoTime(now()),
        can_test: tenant_id !== 'billing',
      }))
      return { data, counted_since: null, as_of: isoTime(now()) }
    },
    lag: () => ({ ...fakeLag(scenario, beganMs, now()), as_of: asOf({}) }),
    lagHistory: ({ minutes }) => fakeLagHistory(scenario, beganMs, Number(minutes ?? 60), now()),
    backlog: () => {
      const total = waiting({})
      const lag = fakeLag(scenario, beganMs, now())
      if (total === null)
        return {
          data: null,
          total_waiting: null,
          sampled: false,
          looked_at: 0,
          reason: 'The log does not answer.',
          as_of: asOf({}),
        }
      const shares = [0.62, 0.29, 0.09]
      const data = tenantIds().map((tenant_id, index) => ({
        tenant_id,
        waiting: Math.round(total * (shares[index] ?? 0)),
        share: shares[index] ?? 0,
        oldest_waiting_at: total > 0 ? isoTime(now() - (lag.behind_seconds ?? 0) * 1000) : null,
        behind_seconds: lag.behind_seconds,
        empty_in_seconds: lag.drain_seconds,
      }))
      return {
        data: total === 0 || isFirstRun() ? [] : data,
        total_waiting: total,
        sampled: total > 2_000,
        looked_at: Math.min(total, 2_000),
        as_of: asOf({}),
      }
    },
    balance: (asked) => ({
      ...fakeBalance(
        isUnknown(asked) ? 'unknown' : scenario,
        Number(asked.minutes ?? 60),
        waiting(asked),
        now(),
        isFirstRun() ? 0 : (SCALE[asked.tenant ?? ''] ?? 1),
      ),
      as_of: asOf(asked),
    }),
    events: (asked) => {
      const all = eventsOf(asked)
      const from = Number(asked.cursor ?? 0)
      const limit = Number(asked.limit ?? 50)
      const next = from + limit < all.length ? `"${from + limit}"` : 'null'
      return `{"data":[${all
        .slice(from, from + limit)
        .map(fakeEventJson)
        .join()}],"next_cursor":${next}}`
    },
    searchEvent: ({ tenant, eventId }) =>
      found(
        tenant,
        ({ eventId: id }) => id === eventId,
        (letter) => letter.event_id === eventId,
      ),
    byIdempotencyKey: ({ tenant, idempotencyKey }) => {
      const text = found(
        tenant,
        ({ idempotencyKey: key }) => key === idempotencyKey,
        (letter) => letter.idempotency_key === idempotencyKey,
      )
      const isFound = !text.startsWith('{"events":[],"dead_letters":[]')
      const key = isFound
        ? { state: 'accepted', expires_at: isoTime(now() + 1_200_000) }
        : { state: null, expires_at: null }
      return `${text.slice(0, -1)},"key":${JSON.stringify(key)}}`
    },
    receipt: ({ receipt_id = '' }) =>
      fakeReceipt(receipt_id, { ledger, sent, nowMs: now(), isProcessing: scenario !== 'stopped' }),
    deadLetters: (asked) => {
      const all = isFirstRun() ? [] : lettersFor(asked)
      const from = Number(asked.cursor ?? 0)
      const limit = Number(asked.limit ?? 50)
      return {
        data: all.slice(from, from + limit).map(listed),
        next_cursor: from + limit < all.length ? String(from + limit) : null,
      }
    },
    deadLetterGroups: (asked) => groupsOf(isFirstRun() ? [] : lettersFor(asked), now()),
    deadLetterCount: (asked) => ({
      count: isFirstRun() ? 0 : lettersFor(asked).length,
      exact: true,
      as_of: isoTime(now()),
    }),
    deadLetterSample: ({ limit }) => ({ data: isFirstRun() ? [] : sample(Number(limit ?? 20)) }),
    deadLetter: ({ id = '' }) => whole(ledger.find(id)),
    redriveJobs: () => ({ data: ledger.jobs(), next_cursor: null }),
    redriveJob: ({ id = '' }) => ledger.job(id),
    audit: (asked) => {
      const all = isFirstRun() ? [] : fakeAudit(asked, now())
      const from = Number(asked.cursor ?? 0)
      const limit = Number(asked.limit ?? 50)
      return {
        data: all.slice(from, from + limit),
        next_cursor: from + limit < all.length ? String(from + limit) : null,
      }
    },
    check: (_, body: CheckRequest) => ledger.check(body),
    redriveOne: ({ id = '' }, body: RedriveOneRequest) => changed(id, 'redrive', body),
    dismiss: ({ id = '' }, body: DismissRequest) => changed(id, 'dismiss', body),
    redriveMany: (_, body: RedriveRequest) => ledger.once(body.operation_id, () => ledger.startJob(body)),
    cancelJob: ({ id = '' }, body: CancelRequest) => ledger.once(body.operation_id, () => ledger.cancel(id)),
    testEvent: (_, body: { operation_id: string; tenant_id: string }) =>
      ledger.once(body.operation_id, () => sendTest(body)),
  }

  function lettersFor(asked: FakeAsked) {
    const all = ledger.list(asked as FakeFilter)
    if (asked.tenant !== 'hostile') return all
    return ledger
      .list({ ...(asked as FakeFilter), tenant: undefined as never })
      .slice(0, 5)
      .map((letter) => ({
        ...letter,
        tenant_id: 'hostile',
        event_type: HOSTILE_TEXT,
        event_id: HOSTILE_TEXT,
        detail: HOSTILE_TEXT,
        pointer: `/${HOSTILE_TEXT.replace('\u0000', '')}`,
      }))
  }

  function verdict() {
    if (scenario === 'stopped')
      return {
        status: 'unhealthy' as const,
        reasons: [`No processor has shown a sign of life since ${isoTime(beganMs)}.`],
      }
    if (scenario === 'unknown') return { status: 'unhealthy' as const, reasons: ['The log does not answer.'] }
    if (scenario === 'growing')
      return { status: 'degraded' as const, reasons: ['The oldest waiting event has waited for 75 s.'] }
    if (scenario === 'gap') return { status: 'degraded' as const, reasons: ['3 accepted events are nowhere.'] }
    return { status: 'healthy' as const, reasons: [] }
  }

  function components() {
    const since = isoTime(now() - 7_200_000)
    const ok = (latency_ms: number | null) => ({ status: 'ok' as const, latency_ms, since })
    const down = { status: 'unavailable' as const, latency_ms: null, since: isoTime(beganMs) }
    const beat =
      scenario === 'stopped'
        ? { ...down, last_heartbeat_at: isoTime(beganMs) }
        : { ...ok(null), last_heartbeat_at: isoTime(now() - 400) }
    return {
      store: ok(1.8),
      log: scenario === 'unknown' ? down : ok(2.4),
      gate: ok(0.6),
      processor: beat,
      ingest: ok(3.1),
    }
  }

  function topTypes(asked: FakeAsked) {
    if (isFirstRun())
      return processedTests().length === 0
        ? []
        : [{ event_type: 'sluice.test', count: processedTests().length, share: 1 }]
    const counts = Object.entries(
      Object.groupBy(fakeEvents(now(), { tenant: asked.tenant }), ({ eventType }) => eventType),
    )
    const scale = SCALE[asked.tenant ?? ''] ?? 61
    return counts
      .map(([event_type, of = []]) => ({ event_type, count: of.length * scale, share: of.length / 400 }))
      .sort((a, b) => b.count - a.count)
  }

  function found(
    tenant: string | undefined,
    isEvent: (event: FakeEvent) => boolean,
    isLetter: (letter: { event_id: string | null; idempotency_key: string | null }) => boolean,
  ): string {
    const events = eventsOf({}).filter((event) => event.tenantId === tenant && isEvent(event))
    const letters = ledger.list({}).filter((letter) => letter.tenant_id === tenant && isLetter(letter))
    return `{"events":[${events.map(fakeEventJson).join()}],"dead_letters":${JSON.stringify(letters.map(listed))}}`
  }

  function sample(limit: number) {
    return ledger
      .list({})
      .slice(0, limit)
      .map(
        ({
          reason,
          detail,
          pointer,
          stage,
          failed_at,
          tenant_id,
          receipt_id,
          source,
          attempt,
          original = '',
          original_encoding = 'utf8',
        }) => ({
          reason,
          detail,
          pointer,
          stage,
          failed_at,
          tenant_id,
          receipt_id,
          source,
          attempt,
          original,
          original_encoding,
        }),
      )
  }

  function changed(
    id: string,
    action: 'redrive' | 'dismiss',
    body: { operation_id: string; by?: string; note?: string },
  ) {
    if (id.endsWith('0409')) throw new FakeRefusal(409, 'DEAD_LETTER_REDRIVING', 'Somebody else redrives it now.')
    return ledger.once(body.operation_id, () => ({
      operation_id: body.operation_id,
      job_id: action === 'redrive' ? randomUUID() : null,
      dead_letter: whole(ledger.changeOne(id, action, { by: body.by ?? 'admin', note: body.note ?? null })),
    }))
  }

  function sendTest({ operation_id, tenant_id }: { operation_id: string; tenant_id: string }) {
    if (!['tenant_a', 'shop'].includes(tenant_id))
      throw new FakeRefusal(422, 'NO_KEY_FOR_TENANT', `Admin holds no API key of ${tenant_id}.`)
    const nowMs = now()
    const receiptId = receiptAt(nowMs, sent.size + 1)
    const made = fakeEvent(Math.floor(nowMs / 3_000), tenant_id)
    const event: FakeEvent = {
      ...made,
      receiptId,
      eventId: `test-${sent.size + 1}`,
      idempotencyKey: `test-${operation_id}`,
      eventType: 'sluice.test',
      receivedMs: nowMs,
      processedMs: nowMs + 41,
      payload: '{"sent_from": "dashboard"}',
      extra: null,
    }
    sent.set(receiptId, { event, operationId: operation_id })
    return {
      operation_id,
      tenant_id,
      receipt_id: receiptId,
      event_id: event.eventId,
      idempotency_key: event.idempotencyKey,
      duplicate: false,
    }
  }

  return {
    get scenario() {
      return scenario
    },
    setScenario(next) {
      scenario = next
      beganMs = now()
    },
    answer: (name, asked, body) => answers[name](asked, body as never),
  }
}
