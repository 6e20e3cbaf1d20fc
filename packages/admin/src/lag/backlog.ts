import type { BacklogBody } from '@sluice/contract/admin-api/lag'
import type { EventLog, PartitionLag } from '@sluice/event-log'
import type { Clock } from '@sluice/runtime/clock'
import type { LagMonitor, LagReading } from './lag-monitor.ts'
import { scanWaiting, type WaitingRange, type WaitingRecord, type WaitingScan } from './scan-waiting.ts'

export type Backlog = Omit<BacklogBody, 'reason'>

/** Looking is dear while much waits, and several people look at once. */
const KEPT_MS = 2_000

/**
 * Answers what waits by tenant. One look serves everybody who asks within 2 s.
 * @throws {LogUnavailableError} retryable, by the returned function
 */
export function createBacklog(parts: {
  eventLog: Pick<EventLog, 'read'>
  lag: LagMonitor
  clock: Clock
}): () => Promise<Backlog> {
  const { eventLog, lag, clock } = parts
  let kept: { atMs: number; answer: Promise<Backlog> } | null = null

  async function look(): Promise<Backlog> {
    const reading = await lag.read()
    const ranges = reading.partitions.flatMap(waitingRange)
    return toBacklog(reading, await scanWaiting(eventLog, ranges))
  }

  return () => {
    const nowMs = clock.monotonicMs()
    if (kept === null || nowMs - kept.atMs > KEPT_MS) {
      const answer = look()
      kept = { atMs: nowMs, answer }
      // What failed is not kept for others.
      answer.catch(() => {
        if (kept?.answer === answer) kept = null
      })
    }
    return kept.answer
  }
}

/** What the group has not committed yet and the log still holds; empty when it cannot be known. */
export function waitingRange({ partition, start, end, committed }: PartitionLag): WaitingRange[] {
  if (start === null || end === null) return []
  const from = committed !== null && committed > start ? committed : start
  return from < end ? [{ partition, from, end }] : []
}

type TenantWaiting = { seen: number; oldestMs: number; last: Map<number, bigint> }

function toBacklog(reading: LagReading, { total, records, exact }: WaitingScan): Backlog {
  const byTenant = new Map<string | null, TenantWaiting>()
  for (const record of records) add(byTenant, record)
  const scale = exact ? 1 : total / Math.max(1, records.length)
  const first = new Map(reading.partitions.flatMap(waitingRange).map(({ partition, from }) => [partition, from]))
  const data = [...byTenant].map(([tenantId, { seen, oldestMs, last }]) => ({
    tenant_id: tenantId,
    waiting: Math.round(seen * scale),
    share: seen / records.length,
    oldest_waiting_at: new Date(oldestMs).toISOString(),
    behind_seconds: Math.max(0, Math.round((reading.asOf.getTime() - oldestMs) / 100) / 10),
    empty_in_seconds: emptyInSeconds(last, first, reading.settledBy),
  }))
  return {
    data: data.sort((a, b) => b.waiting - a.waiting || String(a.tenant_id).localeCompare(String(b.tenant_id), 'en')),
    total_waiting: reading.totalLag,
    sampled: !exact,
    looked_at: records.length,
    as_of: reading.asOf.toISOString(),
  }
}

function add(
  byTenant: Map<string | null, TenantWaiting>,
  { tenantId, partition, offset, appendedMs }: WaitingRecord,
): void {
  const known = byTenant.get(tenantId) ?? { seen: 0, oldestMs: appendedMs, last: new Map() }
  known.seen += 1
  known.oldestMs = Math.min(known.oldestMs, appendedMs)
  if ((known.last.get(partition) ?? -1n) < offset) known.last.set(partition, offset)
  byTenant.set(tenantId, known)
}

/** Until the last of them is settled, when each of its partitions goes on as fast as it was measured. */
function emptyInSeconds(
  last: ReadonlyMap<number, bigint>,
  first: ReadonlyMap<number, bigint>,
  ratePerSecond: ReadonlyMap<number, number> | null,
): number | null {
  let longest = 0
  for (const [partition, offset] of last) {
    const rate = ratePerSecond?.get(partition) ?? 0
    if (rate <= 0) return null
    longest = Math.max(longest, Number(offset - (first.get(partition) ?? offset) + 1n) / rate)
  }
  return Math.ceil(longest)
}
