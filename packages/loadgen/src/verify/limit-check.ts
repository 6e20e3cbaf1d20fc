/** Finds 60 s in which a tenant got more through than its limit. */
export type LimitCheck = {
  /**
   * One event that cost a share of the limit, between its sending and its answer; told in the order of answers.
   * @returns true when it was beyond the limit
   */
  took(tenantId: string, sentMs: number, answeredMs: number): boolean
}

const WINDOW_MS = 60_000

/**
 * Only what lies wholly inside a window is counted, so whatever is found was let through for certain: the gate's own
 * moment lies somewhere between sending and answer.
 */
export function createLimitCheck(limitPerMin: number): LimitCheck {
  const sent = new Map<string, number[]>()
  return {
    took(tenantId, sentMs, answeredMs) {
      const times = sent.get(tenantId) ?? []
      sent.set(tenantId, times)
      // Answers come nearly in the order of sending: the place is found in a few steps from the end.
      let at = times.length
      while (at > 0 && (times[at - 1] ?? 0) > sentMs) at--
      times.splice(at, 0, sentMs)
      let outside = 0
      while (outside < times.length && (times[outside] ?? 0) < answeredMs - WINDOW_MS) outside++
      times.splice(0, outside)
      return times.length > limitPerMin
    },
  }
}
