import { ThroughputBody, type ThroughputMinute, ThroughputQuery } from '@sluice/contract/admin-api/overview'
import { readThroughput, type SettledMinute } from '@sluice/event-store/queries/throughput'
import type { GateCounts } from '@sluice/gate'
import type { HttpApp } from '@sluice/runtime/http-app'
import type { AdminParts } from '../admin-parts.ts'
import { readEdgeCounts } from './edge-counts.ts'
import { orUnknown } from './or-unknown.ts'

const MINUTE_MS = 60_000

/** `/admin/throughput`: minute by minute, what the gate saw and what the store kept. */
export function addThroughputRoutes(app: HttpApp, { pool, gate, clock }: AdminParts): void {
  app.get(
    '/admin/throughput',
    { schema: { summary: 'Minute by minute', querystring: ThroughputQuery, response: { 200: ThroughputBody } } },
    async ({ query }): Promise<ThroughputBody> => {
      const { minutes, tenant } = query
      const tenantId = tenant ?? null
      const [settled, counts] = await Promise.all([
        orUnknown(readThroughput(pool, { minutes, tenantId })),
        readEdgeCounts({ gate, pool }, tenantId, minutes),
      ])
      const now = clock.now()
      // The store's clock names the minutes, else ours: a minute more or less at the edge when they disagree.
      const starts = settled?.map(({ minute }) => minute.getTime()) ?? minutesUpTo(now, minutes)
      const edge = counts === null ? null : sumByMinute(counts)
      const wholeFromMs = counts?.wholeFromMs ?? Number.POSITIVE_INFINITY
      return {
        data: starts.map((start, index) => ({
          minute: new Date(start).toISOString(),
          // A minute that was counted in part is unknown, not small.
          ...edgeCounts(edge !== null && start >= wholeFromMs ? (edge.get(start) ?? NOTHING) : null),
          ...storeCounts(settled?.[index] ?? null),
          complete: settled?.[index]?.complete ?? start + MINUTE_MS <= now,
        })),
        counted_since: counts?.since.toISOString() ?? null,
        as_of: new Date(now).toISOString(),
      }
    },
  )
}

function minutesUpTo(nowMs: number, minutes: number): number[] {
  const running = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS
  return Array.from({ length: minutes }, (_, index) => running - (minutes - 1 - index) * MINUTE_MS)
}

type EdgeSums = { accepted: number; duplicates: number; limited: number }
const NOTHING: EdgeSums = { accepted: 0, duplicates: 0, limited: 0 }

function sumByMinute({ minutes }: GateCounts): Map<number, EdgeSums> {
  const sums = new Map<number, EdgeSums>()
  for (const { minute, accepted, duplicates, limited } of minutes) {
    const sum = sums.get(minute.getTime()) ?? NOTHING
    sums.set(minute.getTime(), {
      accepted: sum.accepted + accepted,
      duplicates: sum.duplicates + duplicates,
      limited: sum.limited + limited,
    })
  }
  return sums
}

const edgeCounts = (counts: EdgeSums | null) => ({
  accepted: counts?.accepted ?? null,
  duplicates: counts?.duplicates ?? null,
  rate_limited: counts?.limited ?? null,
})

const storeCounts = (
  settled: SettledMinute | null,
): Pick<ThroughputMinute, 'stored' | 'dead_lettered' | 'end_to_end_p95_ms'> => ({
  stored: settled?.stored ?? null,
  dead_lettered: settled?.deadLettered ?? null,
  end_to_end_p95_ms: settled?.endToEndMs?.p95 ?? null,
})
