import type { BalanceBody } from '@sluice/contract/admin-api/balance'
import type { LagBody, LagHistoryBody } from '@sluice/contract/admin-api/lag'
import type { ThroughputMinute } from '@sluice/contract/admin-api/overview'
import type { Static } from 'typebox'
import { isoTime, noise } from './fake-random.ts'

/** What the fake platform is going through. */
export const FAKE_SCENARIOS = [
  'normal',
  'first_run',
  'stopped',
  'catching_up',
  'growing',
  'unknown',
  'gap',
  'error_503',
  'slow_5s',
  'stale',
] as const
export type FakeScenario = (typeof FAKE_SCENARIOS)[number]

const MINUTE_MS = 60_000
export const SCALE: Readonly<Record<string, number>> = { huge: 40_000 }

/** One minute of the platform's life. */
export function fakeMinute(minuteMs: number, nowMs: number, scale: number): ThroughputMinute {
  const index = minuteMs / MINUTE_MS
  const passed = Math.min(1, (nowMs - minuteMs) / MINUTE_MS)
  const wave = 280 + 60 * Math.sin(index / 9) + 50 * noise(index, 1)
  const count = (value: number) => Math.round(value * passed * scale)
  const dead = noise(index, 2) < 0.3 ? 1 + Math.floor(noise(index, 3) * 5) : 0
  return {
    minute: isoTime(minuteMs),
    accepted: count(wave),
    stored: count(wave - dead),
    duplicates: count(12 + 10 * noise(index, 4)),
    rate_limited: noise(index, 5) < 0.12 ? count(30 * noise(index, 6)) : 0,
    dead_lettered: count(dead),
    end_to_end_p95_ms: Math.round(38 + 30 * noise(index, 7)),
    complete: passed >= 1,
  }
}

export function fakeThroughput(minutes: number, nowMs: number, scale = 1): ThroughputMinute[] {
  const running = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS
  return Array.from({ length: minutes }, (_, index) =>
    fakeMinute(running - (minutes - 1 - index) * MINUTE_MS, nowMs, scale),
  )
}

/** How much waits, seconds after the scenario began. */
export function waitingIn(scenario: FakeScenario, seconds: number): number {
  if (scenario === 'stopped') return Math.round(seconds * 30)
  if (scenario === 'catching_up') return Math.max(0, Math.round(2_400 - seconds * 55))
  if (scenario === 'growing') return Math.round(300 + seconds * 40)
  if (scenario === 'first_run') return 0
  return Math.round(6 + 5 * noise(Math.floor(seconds), 8))
}

export function fakeLag(scenario: FakeScenario, beganMs: number, nowMs: number): LagBody {
  const base = { engine: 'postgres', group: 'sluice-processor', as_of: isoTime(nowMs) }
  if (scenario === 'unknown')
    return {
      ...base,
      consuming: false,
      consuming_since: null,
      total_lag: null,
      behind_seconds: null,
      appended_per_second: null,
      settled_per_second: null,
      drain_seconds: null,
      trend: null,
      partitions: null,
      reason: 'The log does not answer.',
    }
  const total = waitingIn(scenario, (nowMs - beganMs) / 1000)
  const isStopped = scenario === 'stopped'
  const settled = isStopped ? 0 : scenario === 'catching_up' ? (total > 0 ? 85 : 30) : scenario === 'growing' ? 20 : 30
  const appended = scenario === 'growing' ? 60 : 30
  const behind = isStopped ? (nowMs - beganMs) / 1000 : total / Math.max(1, settled)
  return {
    ...base,
    consuming: !isStopped,
    consuming_since: isoTime(isStopped ? beganMs : beganMs - 7_200_000),
    total_lag: total,
    behind_seconds: Math.round(behind * 10) / 10,
    appended_per_second: appended,
    settled_per_second: settled,
    drain_seconds: settled > appended && total > 0 ? total / (settled - appended) : scenario === 'normal' ? 0 : null,
    trend:
      isStopped || scenario === 'growing' ? 'growing' : scenario === 'catching_up' && total > 0 ? 'draining' : 'steady',
    partitions: Array.from({ length: 6 }, (_, partition) => {
      const share = Math.floor(total / 6) + (partition < total % 6 ? 1 : 0)
      const end = 88_000 + partition * 311 + (Math.floor(nowMs / 1000) % 10_000)
      return {
        partition,
        // A partition that nobody has committed: all it holds waits.
        start: partition === 5 && isStopped ? end - share : 0,
        end,
        committed: partition === 5 && isStopped ? null : end - share,
        lag: share,
        oldest_waiting_at: share > 0 ? isoTime(nowMs - behind * 1000) : null,
        behind_seconds: share > 0 ? Math.round(behind * 10) / 10 : 0,
      }
    }),
  }
}

export function fakeLagHistory(
  scenario: FakeScenario,
  beganMs: number,
  minutes: number,
  nowMs: number,
): Static<typeof LagHistoryBody> {
  const stepSeconds = Math.max(10, Math.ceil((minutes * 60) / 360 / 10) * 10)
  const steps = Math.floor((minutes * 60) / stepSeconds)
  const first = Math.floor(nowMs / 1000 / stepSeconds) * stepSeconds - (steps - 1) * stepSeconds
  const nothing = {
    total_lag: null,
    behind_seconds: null,
    appended_per_second: null,
    settled_per_second: null,
    consuming: null,
  }
  const data = Array.from({ length: steps }, (_, index) => {
    const atMs = (first + index * stepSeconds) * 1000
    const at = isoTime(atMs)
    const isDown = scenario === 'unknown' || (atMs > nowMs - 24 * MINUTE_MS && atMs < nowMs - 21 * MINUTE_MS)
    if (isDown || scenario === 'first_run') return { at, ...nothing }
    const isSince = atMs >= beganMs
    const total = waitingIn(isSince ? scenario : 'normal', Math.max(0, (atMs - beganMs) / 1000))
    const isStopped = isSince && scenario === 'stopped'
    return {
      at,
      total_lag: total,
      behind_seconds: isStopped ? (atMs - beganMs) / 1000 : Math.round((total / 30) * 10) / 10,
      appended_per_second: 30,
      settled_per_second: isStopped ? 0 : 30,
      consuming: !isStopped,
    }
  })
  const instance = 'processor-1'
  const marks = {
    stopped: [{ at: isoTime(beganMs), what: 'stopped' as const, instance }],
    catching_up: [
      { at: isoTime(beganMs - 80_000), what: 'stopped' as const, instance },
      { at: isoTime(beganMs), what: 'started' as const, instance },
    ],
  }
  return {
    step_seconds: stepSeconds,
    data,
    marks: scenario === 'stopped' || scenario === 'catching_up' ? marks[scenario] : [],
    since: isoTime(first * 1000),
    as_of: isoTime(nowMs),
  }
}

export function fakeBalance(
  scenario: FakeScenario,
  minutes: number,
  waiting: number | null,
  nowMs: number,
  scale = 1,
): BalanceBody {
  const all = fakeThroughput(minutes, nowMs, scale)
  const gapAt = scenario === 'gap' ? Math.max(0, all.length - 12) : -1
  const per_minute = all.map((minute, index) => {
    const repeats = scale === 0 ? 0 : Math.floor(noise(Date.parse(minute.minute) / MINUTE_MS, 9) * 3)
    const [stored, dead] = [minute.stored ?? 0, minute.dead_lettered ?? 0]
    const isSettled = index < all.length - 2
    const gap = index === gapAt ? 3 : 0
    const here = isSettled ? 0 : (waiting ?? 0)
    return {
      minute: minute.minute,
      accepted: stored + dead + repeats + here + gap,
      stored,
      dead_lettered: dead,
      repeats,
      waiting: here,
      gap: isSettled ? gap : null,
      settled: isSettled,
      checked_at: isSettled ? isoTime(nowMs - 20_000) : null,
    }
  })
  const sum = (name: 'stored' | 'dead_lettered' | 'repeats') =>
    per_minute.reduce((total, minute) => total + minute[name], 0)
  const gap = scenario === 'gap' ? 3 : 0
  const [stored, dead_lettered, repeats] = [sum('stored'), sum('dead_lettered'), sum('repeats')]
  return {
    accepted: waiting === null ? null : stored + dead_lettered + repeats + waiting + gap,
    stored,
    dead_lettered,
    repeats,
    waiting,
    gap: scenario === 'unknown' ? null : gap,
    settled: scenario === 'gap',
    per_minute,
    positions: { settled: stored + dead_lettered + repeats, counted: stored + dead_lettered + repeats, lost_unread: 0 },
    candidates:
      scenario === 'gap'
        ? [0, 1, 2].map((index) => ({
            receipt_id: `019b7fb5-8e00-7000-8000-00000000000${index}`,
            tenant_id: index === 2 ? null : 'tenant_a',
            minute: per_minute[gapAt]?.minute ?? isoTime(nowMs),
            source: { topic: 'events.raw', partition: index, offset: 88_100 + index },
          }))
        : [],
    checked_at: isoTime(nowMs - 20_000),
    comparable_since: isoTime(nowMs - 14 * 86_400_000),
    as_of: isoTime(nowMs),
  }
}
