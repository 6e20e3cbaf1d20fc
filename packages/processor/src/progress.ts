import type { Clock } from '@sluice/runtime/clock'

/** What the loop is doing. `next`: nothing is in hand and nothing comes; it may last. */
export type Step = 'starting' | 'consume' | 'next' | 'judge' | 'announce' | 'settle' | 'commit' | 'waiting_to_retry'

/**
 * What the processor's loop says about itself. Readiness, watchdog and heartbeat look here, at the loop, and not at what a
 * client says of itself: a dead consumer may call itself active.
 */
export type Progress = {
  enter(step: Step): void
  /** A turn ended well. */
  succeeded(): void
  /** A turn failed; `what` is a code, such as STORE_UNAVAILABLE. */
  failed(what: string, systemic: boolean): void
  step(): Step
  /** Whether it ever came so far as to wait for records. */
  hasBegun(): boolean
  /** Since when the present step lasts, by the monotonic clock. */
  stepMs(): number
  lastTurnAt(): number
  /** What keeps the loop from its work and for how long; null when nothing does. */
  trouble(): { what: string; systemic: boolean; forMs: number } | null
}

/** Waiting so long for records without a fault means that taking works again, though nothing came to prove it. */
const CALM_MS = 2_000

export function createProgress(clock: Clock): Progress {
  let step: Step = 'starting'
  let stepSince = clock.monotonicMs()
  let lastTurnAt = clock.now()
  let hasBegun = false
  let failing: { what: string; systemic: boolean; since: number } | null = null
  return {
    enter(next) {
      step = next
      hasBegun ||= next === 'next'
      stepSince = clock.monotonicMs()
    },
    succeeded() {
      failing = null
      lastTurnAt = clock.now()
    },
    failed(what, systemic) {
      failing = { what, systemic, since: failing?.since ?? clock.monotonicMs() }
      lastTurnAt = clock.now()
    },
    step: () => step,
    hasBegun: () => hasBegun,
    stepMs: () => clock.monotonicMs() - stepSince,
    lastTurnAt: () => lastTurnAt,
    trouble() {
      const now = clock.monotonicMs()
      if (step === 'next' && now - stepSince >= CALM_MS) failing = null
      return failing && { what: failing.what, systemic: failing.systemic, forMs: now - failing.since }
    },
  }
}
