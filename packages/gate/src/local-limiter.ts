import type { Clock } from '@sluice/runtime/clock'
import type { AdmitRequest, Verdict } from './gate.ts'
import { createLimitWindows } from './limit-window.ts'

/** The limit that one process keeps by itself while the gate's engine is away. */
export interface LocalLimiter {
  /** Told every verdict of the engine in good times, so that an outage opens no fresh minute. */
  follow(requests: readonly AdmitRequest[], verdicts: readonly Verdict[]): void
  /** The verdicts of an outage, in order: claimed with its own receipt, or over the limit; `degraded`. Keys are not looked at. */
  admit(requests: readonly AdmitRequest[]): Verdict[]
}

/**
 * @param workers how many processes share the limit: each lets a whole part of it through, and at least 1, or a small limit
 *   would shut every tenant out
 */
export function createLocalLimiter({ clock, workers }: { clock: Clock; workers: number }): LocalLimiter {
  const windows = createLimitWindows()

  return {
    follow(requests, verdicts) {
      const nowMs = Math.floor(clock.monotonicMs())
      const passed = new Map<string, number>()
      for (const [index, { tenantId }] of requests.entries()) {
        if (verdicts[index]?.outcome === 'over_limit') continue
        passed.set(tenantId, (passed.get(tenantId) ?? 0) + 1)
      }
      for (const [tenantId, units] of passed) windows.of(tenantId).add(nowMs, units)
    },
    admit(requests) {
      const nowMs = Math.floor(clock.monotonicMs())
      return requests.map(({ tenantId, limitPerMin, receiptId }) => {
        const share = Math.max(1, Math.floor(limitPerMin / workers))
        const { taken, left, waitMs } = windows.of(tenantId).take(nowMs, share)
        return taken
          ? { degraded: true, left, resetMs: waitMs, outcome: 'claimed', receiptId }
          : { degraded: true, left, resetMs: waitMs, outcome: 'over_limit', retryAfterMs: waitMs }
      })
    },
  }
}
