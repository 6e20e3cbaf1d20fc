/** When each event of a run is due, in milliseconds from the run's start. Fixed beforehand: a slow server never moves it. */
export type Schedule = {
  count: number
  /** @param seq 0 to `count` − 1 */
  dueMs(seq: number): number
}

/**
 * Spaces the events evenly, the first at once. Even spacing, not Poisson arrivals: the load asked for is then the load of
 * every single second, which a limit per minute can be compared with.
 */
export function createSchedule({ ratePerSecond, durationMs }: { ratePerSecond: number; durationMs: number }): Schedule {
  return {
    // The small subtraction keeps 0.1 + 0.2 arithmetic from adding an event at the very end of the run.
    count: Math.max(1, Math.ceil((ratePerSecond * durationMs) / 1_000 - 1e-6)),
    dueMs: (seq) => (seq * 1_000) / ratePerSecond,
  }
}
