import { fakeEvents } from './fake-events.ts'
import { verdict } from './fake-health-answers.ts'
import { fakeThroughput, SCALE } from './fake-numbers.ts'
import { isoTime } from './fake-random.ts'
import type { FakeAnswers, FakeAsked, FakeSituation } from './fake-situation.ts'

/** How it is now, minute by minute, and by tenant. */
export const overviewAnswers = (
  at: FakeSituation,
): Pick<FakeAnswers, 'overview' | 'throughput' | 'topEventTypes' | 'tenants'> => ({
  overview: (asked) => {
    const unknown = at.isUnknown(asked)
    const recent = fakeThroughput(6, at.now(), SCALE[asked.tenant ?? ''] ?? 1)
    const sum = (name: 'accepted' | 'stored' | 'duplicates' | 'rate_limited' | 'dead_lettered') =>
      unknown
        ? null
        : at.isFirstRun()
          ? name === 'stored' || name === 'accepted'
            ? at.processedTests().length
            : 0
          : recent.slice(-5).reduce((total, minute) => total + (minute[name] ?? 0), 0)
    const open = at.ledger.list({
      state: 'open',
      ...(asked.tenant === undefined ? {} : { tenant: asked.tenant }),
    }).length
    return {
      ...verdict(at),
      events_last_1m: unknown ? null : at.isFirstRun() ? at.processedTests().length : (recent.at(-2)?.stored ?? 0),
      events_last_5m: sum('stored'),
      accepted_last_5m: sum('accepted'),
      duplicates_last_5m: sum('duplicates'),
      rate_limited_last_5m: sum('rate_limited'),
      counted_since: isoTime(at.now() - 86_400_000),
      dead_lettered_last_5m: sum('dead_lettered'),
      dead_letters_open: unknown ? null : at.isFirstRun() ? 0 : asked.tenant === 'huge' ? 100_000 : open,
      top_event_types: unknown ? null : topTypes(at, asked).map(({ event_type, count }) => ({ event_type, count })),
      end_to_end_ms: unknown || at.isFirstRun() ? { p50: null, p95: null, p99: null } : { p50: 22, p95: 48, p99: 130 },
      as_of: at.asOf(asked),
    }
  },
  throughput: (asked) => {
    const data = fakeThroughput(
      Number(asked.minutes ?? 60),
      at.now(),
      at.isFirstRun() ? 0 : (SCALE[asked.tenant ?? ''] ?? 1),
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
      if (at.isUnknown(asked)) return { ...minute, ...unknown }
      if (at.isFirstRun())
        return {
          ...minute,
          end_to_end_p95_ms: null,
          stored: index === data.length - 1 ? at.processedTests().length : 0,
        }
      return minute
    })
    return { data: shown, counted_since: isoTime(at.now() - 86_400_000), as_of: at.asOf(asked) }
  },
  topEventTypes: (asked) => ({
    since: isoTime(at.now() - 86_400_000),
    data: topTypes(at, asked).slice(0, Number(asked.limit ?? 10)),
  }),
  tenants: () => {
    const counts = { accepted: 9_400, duplicates: 320, rate_limited: 12, stored: 9_380, dead_lettered: 9 }
    const data = at.tenantIds().map((tenant_id, index) => ({
      tenant_id,
      limit_per_min: 300,
      last_minute: { accepted: 120, duplicates: 4, rate_limited: 0 },
      last_1h: counts,
      last_24h: counts,
      first_limited_at: index === 1 ? isoTime(at.now() - 3_000_000) : null,
      last_seen_at: isoTime(at.now()),
      can_test: tenant_id !== 'billing',
    }))
    return { data, counted_since: null, as_of: isoTime(at.now()) }
  },
})

function topTypes(at: FakeSituation, asked: FakeAsked) {
  if (at.isFirstRun())
    return at.processedTests().length === 0
      ? []
      : [{ event_type: 'sluice.test', count: at.processedTests().length, share: 1 }]
  const counts = Object.entries(
    Object.groupBy(fakeEvents(at.now(), { tenant: asked.tenant }), ({ eventType }) => eventType),
  )
  const scale = SCALE[asked.tenant ?? ''] ?? 61
  return counts
    .map(([event_type, of = []]) => ({ event_type, count: of.length * scale, share: of.length / 400 }))
    .sort((a, b) => b.count - a.count)
}
