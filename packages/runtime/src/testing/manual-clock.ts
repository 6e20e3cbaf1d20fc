import type { Clock } from '../clock.ts'

/** A clock that moves only when it is told to. */
export interface ManualClock extends Clock {
  /** Moves both readings on by `ms` milliseconds (0 or more). */
  advance(ms: number): void
}

/** A clock that stands at `startMs` (Unix milliseconds) until it is advanced; its monotonic reading starts at 0. */
export function createManualClock(startMs: number): ManualClock {
  let passedMs = 0
  return {
    now: () => startMs + passedMs,
    monotonicMs: () => passedMs,
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError('a clock only moves forward')
      passedMs += ms
    },
  }
}
