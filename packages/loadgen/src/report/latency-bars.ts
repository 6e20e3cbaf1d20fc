/** How many latencies were above the bar before and at most `upToMs`. */
export type LatencyBar = { upToMs: number; count: number }

/** The bars of a histogram for people. */
export type LatencyBars = {
  add(ms: number): void
  /** From the first to the last bar that holds something; none when nothing was added. */
  facts(): LatencyBar[]
}

/** 1–2–5 steps: three bars for each power of ten, from 0.5 ms to a minute; the last takes all the rest. */
const BOUNDS_MS = [
  0.5,
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  1_000,
  2_000,
  5_000,
  10_000,
  20_000,
  60_000,
  Number.POSITIVE_INFINITY,
]

export function createLatencyBars(): LatencyBars {
  const counts = BOUNDS_MS.map(() => 0)
  return {
    add(ms) {
      let bar = 0
      while (ms > (BOUNDS_MS[bar] ?? Number.POSITIVE_INFINITY)) bar++
      counts[bar] = (counts[bar] ?? 0) + 1
    },
    facts() {
      const bars = BOUNDS_MS.map((upToMs, index) => ({ upToMs, count: counts[index] ?? 0 }))
      const first = bars.findIndex(({ count }) => count > 0)
      const last = bars.findLastIndex(({ count }) => count > 0)
      return first === -1 ? [] : bars.slice(first, last + 1)
    },
  }
}

const WIDTH = 40

/** One line for each bar; any that holds something shows at least a sliver. */
export function drawBars(bars: readonly LatencyBar[]): string[] {
  const most = Math.max(...bars.map(({ count }) => count))
  return bars.map(({ upToMs, count }) => {
    const length = count === 0 ? 0 : Math.max(1, Math.round((count / most) * WIDTH))
    const bound = upToMs === Number.POSITIVE_INFINITY ? 'more' : `≤ ${upToMs} ms`
    return `${bound.padStart(12)}  ${'█'.repeat(length).padEnd(WIDTH)} ${count}`
  })
}
