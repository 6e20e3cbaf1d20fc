import { type TenantBody, TenantsBody } from '@sluice/contract/admin-api/overview'
import { readTenantTotals, type TenantTotals } from '@sluice/event-store/queries/tenant-totals'
import type { GateCounts } from '@sluice/gate'
import type { HttpApp } from '@sluice/runtime/http-app'
import type { AdminParts } from '../admin-parts.ts'
import { type EdgeCounts, readEdgeCounts } from './edge-counts.ts'
import { orUnknown } from './or-unknown.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MINUTES = 1_440

/** `/admin/tenants`: everyone seen within a day, or known by a key. */
export function addTenantRoutes(app: HttpApp, { pool, gate, clock, settings }: AdminParts): void {
  app.get(
    '/admin/tenants',
    { schema: { summary: 'Every tenant, with its limit and use', response: { 200: TenantsBody } } },
    async (): Promise<TenantsBody> => {
      const [counts, totals] = await Promise.all([
        readEdgeCounts({ gate, pool }, null, DAY_MINUTES),
        orUnknown(readTenantTotals(pool)),
      ])
      const now = clock.now()
      const edges = counts === null ? null : edgesOf(counts, now)
      const settled = totals === null ? null : new Map(totals.map((total) => [total.tenantId, total]))
      const testable = new Set(settings.ingestUrl === null ? [] : settings.apiKeys.map(({ tenantId }) => tenantId))
      const names = new Set([
        ...settings.apiKeys.map(({ tenantId }) => tenantId),
        ...(edges?.keys() ?? []),
        ...(settled?.keys() ?? []),
      ])
      return {
        data: [...names].sort().map((name) =>
          tenantBody(name, {
            edge: edges === null ? null : (edges.get(name) ?? NO_EDGE),
            settled: settled === null ? null : (settled.get(name) ?? NOTHING_SETTLED),
            counted: counts,
            now,
            limitPerMin: settings.ratePerMin,
            canTest: testable.has(name),
          }),
        ),
        counted_since: counts?.since.toISOString() ?? null,
        as_of: new Date(now).toISOString(),
      }
    },
  )
}

type EdgeSums = { accepted: number; duplicates: number; limited: number }
type Edge = {
  lastMinute: EdgeSums
  hour: EdgeSums
  day: EdgeSums
  firstLimitedMs: number | null
  lastSeenMs: number | null
}

const zero = (): EdgeSums => ({ accepted: 0, duplicates: 0, limited: 0 })
const newEdge = (): Edge => ({ lastMinute: zero(), hour: zero(), day: zero(), firstLimitedMs: null, lastSeenMs: null })
const NO_EDGE = newEdge()
const NOTHING_SETTLED = { stored1h: 0, deadLettered1h: 0, stored24h: 0, deadLettered24h: 0, lastSeenAt: null }

function edgesOf({ minutes }: GateCounts, now: number): Map<string, Edge> {
  const edges = new Map<string, Edge>()
  const running = Math.floor(now / MINUTE_MS) * MINUTE_MS
  for (const counts of minutes) {
    const edge = edges.get(counts.tenantId) ?? newEdge()
    edges.set(counts.tenantId, edge)
    const atMs = counts.minute.getTime()
    add(edge.day, counts)
    if (atMs > now - HOUR_MS) add(edge.hour, counts)
    if (atMs === running - MINUTE_MS) add(edge.lastMinute, counts)
    if (counts.limited > 0) edge.firstLimitedMs ??= atMs
    edge.lastSeenMs = atMs
  }
  return edges
}

function add(sums: EdgeSums, { accepted, duplicates, limited }: EdgeSums): void {
  sums.accepted += accepted
  sums.duplicates += duplicates
  sums.limited += limited
}

type TenantFacts = {
  edge: Edge | null
  settled: (Omit<TenantTotals, 'tenantId' | 'lastSeenAt'> & { lastSeenAt: Date | null }) | null
  counted: EdgeCounts | null
  now: number
  limitPerMin: number
  canTest: boolean
}

function tenantBody(name: string, { edge, settled, counted, now, limitPerMin, canTest }: TenantFacts): TenantBody {
  /** Sums over a time that the gate has counted in part are unknown, not small. */
  const within = (ms: number, sums: EdgeSums | undefined) =>
    sums === undefined || counted === null || counted.wholeFromMs > now - ms
      ? { accepted: null, duplicates: null, rate_limited: null }
      : edgeBody(sums)
  const seen = Math.max(edge?.lastSeenMs ?? 0, settled?.lastSeenAt?.getTime() ?? 0)
  return {
    tenant_id: name,
    limit_per_min: limitPerMin,
    last_minute: edge === null ? null : edgeBody(edge.lastMinute),
    last_1h: {
      ...within(HOUR_MS, edge?.hour),
      stored: settled?.stored1h ?? null,
      dead_lettered: settled?.deadLettered1h ?? null,
    },
    last_24h: {
      // The gate keeps a day: from its beginning on it is whole.
      ...within((DAY_MINUTES - 1) * MINUTE_MS, edge?.day),
      stored: settled?.stored24h ?? null,
      dead_lettered: settled?.deadLettered24h ?? null,
    },
    first_limited_at: edge?.firstLimitedMs == null ? null : new Date(edge.firstLimitedMs).toISOString(),
    last_seen_at: seen === 0 ? null : new Date(seen).toISOString(),
    can_test: canTest,
  }
}

const edgeBody = ({ accepted, duplicates, limited }: EdgeSums) => ({ accepted, duplicates, rate_limited: limited })
