import { type Clock, systemClock } from '@sluice/runtime/clock'
import { errorFields } from '@sluice/runtime/error-fields'
import type { Logger } from '@sluice/runtime/logger'
import { createBreaker } from './breaker.ts'
import type { AdmitRequest, ClaimOutcome, Gate, Verdict } from './gate.ts'
import { createLocalLimiter } from './local-limiter.ts'

/** A gate on its engine alone: `admit` and `settle` keep their time limits, and throw when the engine is away. */
export interface GateEngine extends Omit<Gate, 'admit'> {
  /** First ends the claims of `ended`, best effort, so that the items see what has become of those before them. */
  admit(requests: readonly AdmitRequest[], ended: readonly ClaimOutcome[]): Promise<readonly Verdict[]>
}

export type DegradeOptions = {
  /** Tests only. */
  clock?: Clock | undefined
  /** How many processes share the tenants' limits. */
  workers: number
  log: Pick<Logger, 'warn' | 'info'>
  /**
   * How long ends of claims wait for an `admit` to travel with, ms; 0 sends each at once, and waits for it. RIDE_MS unless given, with a
   * test's clock 0: ends are timed as they come.
   */
  rideMs?: number | undefined
}

/**
 * So that below 200 micro-batches a second, too, most ends cost no call of their own. Until then another process may answer
 * IDEMPOTENCY_KEY_IN_FLIGHT to a repeat, and dying now costs one more copy in the log (docs/decisions/0015).
 */
const RIDE_MS = 5

// 5 errors: more than one lost connection costs the calls in hand. 1 s: at most one micro-batch a second waits in vain.
const BREAKER = { failures: 5, openMs: 1_000 }

/**
 * Makes of an engine that throws a gate that answers: while the engine is away this process limits by itself and says
 * `degraded`, and ending a claim is left out. After 5 errors in a row the engine is left alone but for one probe a second.
 */
export function degradeWhenAway(engine: GateEngine, options: DegradeOptions): Gate {
  const { workers, log, clock = systemClock, rideMs = options.clock === undefined ? RIDE_MS : 0 } = options
  const limiter = createLocalLimiter({ clock, workers })
  const breaker = createBreaker({
    ...BREAKER,
    clock,
    onChange: (open) => (open ? log.warn('gate.away') : log.info('gate.back')),
  })
  let failing = false
  let ended: ClaimOutcome[] = []
  let riding: NodeJS.Timeout | undefined

  /** What the engine answered; null when it was not asked or failed. Said once, at the first failure in a row. */
  async function ask<T>(call: () => Promise<T>): Promise<T | null> {
    if (!breaker.mayCall()) return null
    try {
      const answer = await call()
      breaker.succeeded()
      failing = false
      return answer
    } catch (error) {
      breaker.failed()
      if (!failing) log.warn('gate.call_failed', errorFields(error))
      failing = true
      return null
    }
  }

  function takeEnded(): readonly ClaimOutcome[] {
    clearTimeout(riding)
    riding = undefined
    const taken = ended
    ended = []
    return taken
  }

  async function endClaims(): Promise<void> {
    const outcomes = takeEnded()
    if (outcomes.length > 0) await ask(() => engine.settle(outcomes))
  }

  return {
    async admit(requests) {
      if (requests.length === 0) return []
      const before = takeEnded()
      const verdicts = await ask(() => engine.admit(requests, before))
      // A lost reply leaves the claim in doubt: it may be ours. Going on is safe, the store's unique key decides.
      if (verdicts === null) return limiter.admit(requests)
      limiter.follow(requests, verdicts)
      return verdicts
    },
    async settle(outcomes) {
      if (outcomes.length === 0) return
      ended = ended.concat(outcomes)
      if (rideMs === 0) await endClaims()
      else riding ??= setTimeout(() => void endClaims(), rideMs)
    },
    async counts(tenantId, minutes) {
      await endClaims()
      return engine.counts(tenantId, minutes)
    },
    async find(tenantId, idempotencyKey) {
      await endClaims()
      return engine.find(tenantId, idempotencyKey)
    },
    ready: () => engine.ready(),
    async [Symbol.asyncDispose]() {
      await endClaims()
      await engine[Symbol.asyncDispose]()
    },
  }
}
