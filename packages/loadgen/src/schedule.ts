/** When each event of a run is due, in milliseconds from the run's start. Fixed beforehand: a slow server never moves it. */
export type Schedule = {
  count: number
  durationMs: number
  /** @param seq 0 to `count` − 1 */
  dueMs(seq: number): number
  /** Events per second that are asked for at a moment; 0 after the end. */
  rateAt(ms: number): number
}

/** A stretch of a run over which the rate, in events per second, goes evenly from one value to another. */
export type Stretch = { durationMs: number; fromRate: number; toRate: number }

/**
 * Spaces the events evenly at the rate of each moment, the first at once. Even spacing, not Poisson arrivals: the load
 * asked for is then the load of every single second, which a limit per minute can be compared with.
 */
export function createSchedule(stretches: readonly Stretch[]): Schedule {
  const laid = layDown(stretches)
  const last = laid.at(-1)
  if (last === undefined) throw new RangeError('a schedule needs at least one stretch')
  return {
    // The small subtraction keeps 0.1 + 0.2 arithmetic from adding an event at the very end of the run.
    count: Math.max(1, Math.ceil(last.endEvents - 1e-6)),
    durationMs: last.endMs,
    dueMs(seq) {
      const stretch = laid.find(({ endEvents }) => seq < endEvents) ?? last
      return stretch.startMs + timeOf(seq - stretch.startEvents, stretch) * 1_000
    },
    rateAt(ms) {
      const stretch = laid.find(({ endMs }) => ms < endMs)
      if (stretch === undefined) return 0
      const { fromRate, toRate, startMs, durationMs } = stretch
      return fromRate + ((toRate - fromRate) * (ms - startMs)) / durationMs
    },
  }
}

type LaidStretch = Stretch & { startMs: number; endMs: number; startEvents: number; endEvents: number }

function layDown(stretches: readonly Stretch[]): LaidStretch[] {
  let endMs = 0
  let endEvents = 0
  return stretches.map((stretch) => {
    const [startMs, startEvents] = [endMs, endEvents]
    endMs += stretch.durationMs
    endEvents += ((stretch.fromRate + stretch.toRate) / 2) * (stretch.durationMs / 1_000)
    return { ...stretch, startMs, endMs, startEvents, endEvents }
  })
}

/** Seconds into a stretch after which so many events were due: the inverse of fromRate·t + slope·t²/2. */
function timeOf(events: number, { fromRate, toRate, durationMs }: Stretch): number {
  const slope = (toRate - fromRate) / (durationMs / 1_000)
  if (slope === 0) return fromRate === 0 ? 0 : events / fromRate
  return (Math.sqrt(Math.max(0, fromRate * fromRate + 2 * slope * events)) - fromRate) / slope
}

/** Index of the last event due at `ms` or before; −1 when the first one is due later. */
export function lastDueAt({ count, dueMs }: Pick<Schedule, 'count' | 'dueMs'>, ms: number): number {
  let low = -1
  let high = count - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (dueMs(middle) <= ms) low = middle
    else high = middle - 1
  }
  return low
}
