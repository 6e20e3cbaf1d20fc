import type { Clock } from '@sluice/runtime/clock'

/**
 * Keeps calls away from an engine that fails. States:
 *   closed  -- `failures` errors in a row --> open
 *   open    -- `openMs` over: the next call is the probe --> probing
 *   probing -- the probe succeeds --> closed; it fails --> open. All other calls are kept away meanwhile.
 */
export interface Breaker {
  /** Whether this call may go; a caller that was let through tells `succeeded` or `failed`. */
  mayCall(): boolean
  succeeded(): void
  failed(): void
}

export type BreakerOptions = {
  failures: number
  openMs: number
  clock: Clock
  /** Told when calls begin to be kept away, and when they go again. */
  onChange?: (open: boolean) => void
}

export function createBreaker({ failures, openMs, clock, onChange }: BreakerOptions): Breaker {
  let state: 'closed' | 'open' | 'probing' = 'closed'
  let inARow = 0
  let openedAtMs = 0

  return {
    mayCall() {
      if (state === 'closed') return true
      if (state === 'probing' || clock.monotonicMs() - openedAtMs < openMs) return false
      state = 'probing'
      return true
    },
    succeeded() {
      inARow = 0
      if (state === 'closed') return
      state = 'closed'
      onChange?.(false)
    },
    failed() {
      inARow += 1
      // A call from before the breaker opened says nothing new: only the probe counts.
      if (state === 'open' || (state === 'closed' && inARow < failures)) return
      const wasClosed = state === 'closed'
      state = 'open'
      openedAtMs = clock.monotonicMs()
      if (wasClosed) onChange?.(true)
    },
  }
}
