import type { Clock } from '@sluice/runtime/clock'
import { errorFields } from '@sluice/runtime/error-fields'
import type { Logger } from '@sluice/runtime/logger'
import { createBreaker } from './breaker.ts'
import type { ClaimOutcome, Gate } from './gate.ts'
import { createLocalLimiter } from './local-limiter.ts'

/** A gate on its engine alone: `admit` and `settle` keep their time limits, and throw when the engine is away. */
export interface GateEngine extends Omit<Gate, 'settle'> {
  /**
   * Resolves when the engine has answered. An engine that takes calls in order calls `seen` before, as soon as every later
   * `admit` will see this one.
   */
  settle(outcomes: readonly ClaimOutcome[], seen: () => void): Promise<void>
}

export type DegradeOptions = {
  clock: Clock
  /** How many processes share the tenants' limits. */
  workers: number
  log: Pick<Logger, 'warn' | 'info'>
}

// 5 errors: more than one lost connection costs the calls in hand. 1 s: at most one micro-batch a second waits in vain.
const BREAKER = { failures: 5, openMs: 1_000 }

/**
 * Makes of an engine that throws a gate that answers: while the engine is away this process limits by itself and says
 * `degraded`, and ending a claim is left out. After 5 errors in a row the engine is left alone but for one probe a second.
 */
export function degradeWhenAway(engine: GateEngine, { clock, workers, log }: DegradeOptions): Gate {
  const limiter = createLocalLimiter({ clock, workers })
  const breaker = createBreaker({
    ...BREAKER,
    clock,
    onChange: (open) => (open ? log.warn('gate.away') : log.info('gate.back')),
  })
  let failing = false

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

  return {
    async admit(requests) {
      if (requests.length === 0) return []
      const verdicts = await ask(() => engine.admit(requests))
      // A lost reply leaves the claim in doubt: it may be ours. Going on is safe, the store's unique key decides.
      if (verdicts === null) return limiter.admit(requests)
      limiter.follow(requests, verdicts)
      return verdicts
    },
    async settle(outcomes) {
      if (outcomes.length === 0) return
      const seen = Promise.withResolvers<void>()
      const asked = ask(() => engine.settle(outcomes, seen.resolve))
      // Nothing is learned by waiting for an engine whose calls fail, and who waits keeps a lane from those behind.
      if (failing) return
      // The breaker hears how it ended even if nobody waits any more: a stalled engine takes calls and answers none.
      await Promise.race([seen.promise, asked])
    },
    counts: (tenantId, minutes) => engine.counts(tenantId, minutes),
    find: (tenantId, idempotencyKey) => engine.find(tenantId, idempotencyKey),
    ready: () => engine.ready(),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}
