/** Whole seconds that count: the current one and the 60 before it, so that no 60 s hold more than the limit. */
const COUNTED_SECONDS = 61

export type LimitTake = {
  taken: boolean
  /** What is left of the limit after this take. */
  left: number
  /** Milliseconds until `left` grows, or until one more may pass when there was none left. 1 to 61,000. */
  waitMs: number
}

/** What one tenant took in the last 61 counted seconds. */
export interface LimitWindow {
  /** Takes one if less than `limit` is taken, at `nowMs`. */
  take(nowMs: number, limit: number): LimitTake
  /** Counts `units` that somebody else let through, whatever the limit. */
  add(nowMs: number, units: number): void
}

/** The windows of all tenants. Bounded by their number: tenant ids come from our own keys, never from a sender. */
export function createLimitWindows(): { of(tenantId: string): LimitWindow } {
  const windows = new Map<string, LimitWindow>()
  return {
    of(tenantId) {
      const known = windows.get(tenantId)
      if (known !== undefined) return known
      const window = createLimitWindow()
      windows.set(tenantId, window)
      return window
    },
  }
}

/**
 * A sliding limit in 61 counters, one per whole second. A clock that goes back leaves the counters where they are: they are
 * counted from then on, so at no time is more let through than the limit.
 */
export function createLimitWindow(): LimitWindow {
  // A ring: the counter of `second` stands at `second % 61`, the ones after it are the oldest.
  let counters = new Uint32Array(COUNTED_SECONDS)
  let second = 0
  let used = 0

  const indexOf = (ofSecond: number) => ofSecond % COUNTED_SECONDS

  function advanceTo(nowMs: number): void {
    const now = Math.floor(nowMs / 1_000)
    if (now < second) {
      const moved = new Uint32Array(COUNTED_SECONDS)
      for (let age = 0; age < COUNTED_SECONDS; age++)
        moved[indexOf(now + COUNTED_SECONDS - age)] = counterOf(second - age)
      counters = moved
      second = now
      return
    }
    const steps = Math.min(COUNTED_SECONDS, now - second)
    for (let step = 0; step < steps; step++) {
      const index = indexOf(now - step)
      used -= counters[index] ?? 0
      counters[index] = 0
    }
    second = now
  }

  const counterOf = (ofSecond: number) => counters[indexOf(ofSecond + COUNTED_SECONDS)] ?? 0

  /** Until at least `units` of what is counted have left the window. */
  function waitMs(nowMs: number, units: number): number {
    let freed = 0
    for (let age = COUNTED_SECONDS - 1; age >= 0; age--) {
      freed += counterOf(second - age)
      if (freed >= units) return (second - age + COUNTED_SECONDS) * 1_000 - nowMs
    }
    return (second + COUNTED_SECONDS) * 1_000 - nowMs
  }

  function add(nowMs: number, units: number): void {
    advanceTo(nowMs)
    const index = indexOf(second)
    counters[index] = (counters[index] ?? 0) + units
    used += units
  }

  return {
    add,
    take(nowMs, limit) {
      advanceTo(nowMs)
      if (used >= limit) return { taken: false, left: 0, waitMs: waitMs(nowMs, used - limit + 1) }
      add(nowMs, 1)
      return { taken: true, left: limit - used, waitMs: waitMs(nowMs, 1) }
    },
  }
}
