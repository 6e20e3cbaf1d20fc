/** Where the time comes from. Handed in, so that a test can hold it still. */
export interface Clock {
  /** Unix time in milliseconds, whole. May jump in either direction: for stamps only, never for durations. */
  now(): number
  /** Milliseconds since some fixed moment of this process, with fractions. Never goes back: for durations and time limits. */
  monotonicMs(): number
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
}
