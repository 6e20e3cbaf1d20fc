import type { RouteName } from '../admin-api/routes.ts'
import { FAKE_TENANTS, type FakeEvent } from './fake-events.ts'
import { FakeLedger } from './fake-ledger.ts'
import { type FakeScenario, waitingIn } from './fake-numbers.ts'
import { isoTime } from './fake-random.ts'
import type { FakeTestEvent } from './fake-receipts.ts'

export type FakeAsked = Readonly<Record<string, string>>
/** An answer: a value, or JSON text where payloads are spliced in. */
export type FakeAnswer = object | string
export type FakeAnswers = Record<RouteName, (asked: FakeAsked, body: never) => FakeAnswer>

/** What the platform goes through now, and what it remembers: all that answers are made of. */
export type FakeSituation = {
  readonly scenario: FakeScenario
  /** When the scenario began, in Unix milliseconds. */
  readonly beganMs: number
  setScenario(scenario: FakeScenario): void
  now(): number
  ledger: FakeLedger
  /** Test events by receipt. */
  sent: Map<string, FakeTestEvent>
  isFirstRun(): boolean
  isUnknown(asked: FakeAsked): boolean
  /** How much waits; null where that is unknown. */
  waiting(asked: FakeAsked): number | null
  asOf(asked: FakeAsked): string
  tenantIds(): string[]
  /** Test events that have been stored, newest first. */
  processedTests(): FakeEvent[]
}

export function createFakeSituation(now: () => number, firstScenario: FakeScenario): FakeSituation {
  let scenario = firstScenario
  let beganMs = now()
  const sent = new Map<string, FakeTestEvent>()
  const isFirstRun = () => scenario === 'first_run'
  const isUnknown = (asked: FakeAsked) => scenario === 'unknown' || asked.tenant === 'unknown_numbers'
  return {
    get scenario() {
      return scenario
    },
    get beganMs() {
      return beganMs
    },
    setScenario(next) {
      scenario = next
      beganMs = now()
    },
    now,
    ledger: new FakeLedger(now),
    sent,
    isFirstRun,
    isUnknown,
    waiting: (asked) => (isUnknown(asked) ? null : waitingIn(scenario, (now() - beganMs) / 1000)),
    asOf: (asked) => isoTime(scenario === 'stale' || asked.tenant === 'stale' ? now() - 90_000 : now()),
    tenantIds: () => (isFirstRun() ? ['tenant_a'] : [...FAKE_TENANTS]),
    processedTests: () =>
      [...sent.values()]
        .map(({ event }) => event)
        .filter(({ receivedMs }) => now() - receivedMs > 1_500)
        .reverse(),
  }
}
