import type { Clock } from '@sluice/runtime/clock'
import { createClaims } from './claims.ts'
import type { AdmitRequest, Gate, GateMinute, Verdict } from './gate.ts'
import { createLimitWindows } from './limit-window.ts'
import { CLAIM_LEASE_MS, COUNTS_KEPT_MS } from './timing.ts'

export type MemoryGateOptions = { clock: Clock; windowMs: number; leaseMs?: number }

const MINUTE_MS = 60_000

/** The gate of one process, for tests and for programs that are one process. Its engine is never away. */
export function createMemoryGate({ clock, windowMs, leaseMs = CLAIM_LEASE_MS }: MemoryGateOptions): Gate {
  const claims = createClaims({ windowMs, leaseMs })
  const windows = createLimitWindows()
  const counts = createCounts(clock.now())

  function admitOne(request: AdmitRequest, nowMs: number): Verdict {
    const { taken, left, waitMs } = windows.of(request.tenantId).take(nowMs, request.limitPerMin)
    const limit = { degraded: false, left, resetMs: waitMs }
    if (!taken) {
      counts.add(nowMs, request.tenantId, 'limited')
      return { ...limit, outcome: 'over_limit', retryAfterMs: waitMs }
    }
    const verdict = claims.admit(idOf(request.tenantId, request.idempotencyKey), request, nowMs)
    if (verdict.outcome === 'duplicate') counts.add(nowMs, request.tenantId, 'duplicates')
    return { ...limit, ...verdict }
  }

  return {
    async admit(requests) {
      const nowMs = clock.now()
      return requests.map((request) => admitOne(request, nowMs))
    },
    async settle(outcomes) {
      const nowMs = clock.now()
      for (const outcome of outcomes) {
        const { tenantId, idempotencyKey } = outcome
        if (claims.settle(idOf(tenantId, idempotencyKey), outcome, nowMs)) counts.add(nowMs, tenantId, 'accepted')
      }
    },
    async counts(tenantId, minutes) {
      return counts.read(clock.now(), tenantId, minutes)
    },
    async find(tenantId, idempotencyKey) {
      return claims.find(idOf(tenantId, idempotencyKey), clock.now())
    },
    async ready() {},
    async [Symbol.asyncDispose]() {},
  }
}

/** No tenant id holds a colon, so no two pairs share an id. */
const idOf = (tenantId: string, idempotencyKey: string) => `${tenantId}:${idempotencyKey}`

function createCounts(startedAtMs: number) {
  const byMinute = new Map<number, Map<string, GateMinute>>()

  function tenantsOf(minuteMs: number): Map<string, GateMinute> {
    const known = byMinute.get(minuteMs)
    if (known !== undefined) return known
    for (const oldMs of byMinute.keys()) if (oldMs < minuteMs - COUNTS_KEPT_MS) byMinute.delete(oldMs)
    const tenants = new Map<string, GateMinute>()
    byMinute.set(minuteMs, tenants)
    return tenants
  }

  const minuteOf = (nowMs: number) => Math.floor(nowMs / MINUTE_MS) * MINUTE_MS

  return {
    add(nowMs: number, tenantId: string, what: 'accepted' | 'duplicates' | 'limited') {
      const tenants = tenantsOf(minuteOf(nowMs))
      const none = { minute: new Date(minuteOf(nowMs)), tenantId, accepted: 0, duplicates: 0, limited: 0 }
      const counted = tenants.get(tenantId) ?? none
      tenants.set(tenantId, { ...counted, [what]: counted[what] + 1 })
    },
    read(nowMs: number, tenantId: string | null, minutes: number) {
      const fromMs = minuteOf(nowMs) - (minutes - 1) * MINUTE_MS
      const rows = [...byMinute.values()]
        .flatMap((tenants) => [...tenants.values()])
        .filter((row) => row.minute.getTime() >= fromMs && (tenantId === null || row.tenantId === tenantId))
        .sort((a, b) => a.minute.getTime() - b.minute.getTime() || (a.tenantId < b.tenantId ? -1 : 1))
      return { minutes: rows, since: new Date(Math.max(startedAtMs, nowMs - COUNTS_KEPT_MS)) }
    },
  }
}
