import type { BalanceBody, BalanceMinute } from '@sluice/contract/admin-api/balance'
import { PROCESSOR_GROUP, RAW_TOPIC } from '@sluice/contract/topics'
import { type EventLog, LogUnavailableError, type PartitionLag } from '@sluice/event-log'
import {
  type Ledger,
  type LedgerMinute,
  type LedgerPartition,
  listBalanceCandidates,
  readLedger,
} from '@sluice/event-store/queries/ledger'
import type { Pool } from '@sluice/runtime/postgres'
import { scanWaiting, type WaitingRange, type WaitingScan } from '../lag/scan-waiting.ts'
import { comparableSince, type RowRetention } from './comparable-since.ts'

const MINUTE_MS = 60_000
const MAX_CANDIDATES = 100

/** What the log says beside the ledger: what waits, and what left it unread. */
type LogSide = { waiting: number; lostUnread: number; scan: WaitingScan }

/**
 * The sum of what was accepted: counted, waiting, and missing. The ledger is read before the log's ends: what is appended and
 * settled in between waits in this answer, and nothing is counted twice.
 * @throws {StoreUnavailableError} retryable
 */
export async function readBalanceBody(
  parts: { pool: Pool; eventLog: Pick<EventLog, 'lag' | 'read'>; retentionMs: RowRetention },
  question: { minutes: number; tenantId: string | null },
): Promise<BalanceBody> {
  const ledger = await readLedger(parts.pool, { ...question, topic: RAW_TOPIC })
  const [log, candidates] = await Promise.all([
    readLogSide(parts.eventLog, ledger.partitions),
    listBalanceCandidates(parts.pool, { ...question, limit: MAX_CANDIDATES }),
  ])
  const since = comparableSince(ledger.asOf, parts.retentionMs)
  const minutes = toMinutes(ledger, log, question.tenantId, since)
  const positions = positionsOf(ledger.partitions, log)
  return {
    ...sumsOf(ledger, { log, minutes, positions, tenantId: question.tenantId, since }),
    per_minute: minutes,
    positions,
    candidates: candidates.map(({ receiptId, tenantId, minute, source }) => ({
      receipt_id: receiptId,
      tenant_id: tenantId === '' ? null : tenantId,
      minute: minute.toISOString(),
      source: { ...source, offset: Number(source.offset) },
    })),
    checked_at: oldestCheck(minutes),
    comparable_since: since.toISOString(),
    as_of: ledger.asOf.toISOString(),
  }
}

/** Null while the log is away or does not tell its ends. */
async function readLogSide(
  eventLog: Pick<EventLog, 'lag' | 'read'>,
  settled: readonly LedgerPartition[],
): Promise<LogSide | null> {
  try {
    const partitions = await eventLog.lag(RAW_TOPIC, PROCESSOR_GROUP)
    if (partitions.some(({ start, end }) => start === null || end === null)) return null
    const nextOf = new Map(settled.map(({ partition, next }) => [partition, next]))
    const ranges = partitions.map((partition) => unsettledRange(partition, nextOf.get(partition.partition)))
    const scan = await scanWaiting(
      eventLog,
      ranges.filter(({ from, end }) => from < end),
    )
    return { waiting: scan.total, lostUnread: countLostUnread(partitions, settled), scan }
  } catch (error) {
    if (error instanceof LogUnavailableError) return null
    throw error
  }
}

/** Records that left the log before they were settled. */
export function countLostUnread(log: readonly PartitionLag[], settled: readonly LedgerPartition[]): number {
  const nextOf = new Map(settled.map(({ partition, next }) => [partition, next]))
  return log.reduce((lost, { partition, start, end }) => {
    const next = nextOf.get(partition)
    // A next beyond the end belongs to another life of the topic.
    return next === undefined || start === null || end === null || next > end || start <= next
      ? lost
      : lost + Number(start - next)
  }, 0)
}

function unsettledRange({ partition, start, end }: PartitionLag, next: bigint | undefined): WaitingRange {
  const [first, last] = [start ?? 0n, end ?? 0n]
  const from = next === undefined || next > last || next < first ? first : next
  return { partition, from, end: last }
}

function positionsOf(partitions: readonly LedgerPartition[], log: LogSide | null): BalanceBody['positions'] {
  if (log === null) return null
  const sum = (name: 'settled' | 'counted') => partitions.reduce((total, partition) => total + partition[name], 0)
  return { settled: sum('settled'), counted: sum('counted'), lost_unread: log.lostUnread }
}

function toMinutes(ledger: Ledger, log: LogSide | null, tenantId: string | null, since: Date): BalanceMinute[] {
  const running = ledger.minutes.at(-1)?.minute.getTime() ?? 0
  const waiting = log === null ? null : waitingByMinute(log.scan, tenantId)
  // Of a sample only this is known: nothing waits that was received before its oldest.
  const oldestMs =
    log === null ? 0 : Math.min(...log.scan.records.map(({ receivedMs, appendedMs }) => receivedMs ?? appendedMs))
  return ledger.minutes.map((minute) => {
    const start = minute.minute.getTime()
    const mayWait = waiting === null ? start + MINUTE_MS > oldestMs : (waiting.get(start) ?? 0) > 0
    const waits = waiting === null ? (mayWait ? null : 0) : (waiting.get(start) ?? 0)
    const isComparable = minute.minute >= since
    const checked = isComparable && minute.checkedAt !== null && minute.checkedAt.getTime() >= start + MINUTE_MS
    const body = minuteBody(isComparable ? minute : { ...minute, checkedAt: null }, waits)
    return { ...body, settled: start < running && checked && !mayWait }
  })
}

/** Null when not all that waits was looked at. Records that nobody can read are in no minute of receipt. */
function waitingByMinute({ records, exact }: WaitingScan, tenantId: string | null): Map<number, number> | null {
  if (!exact) return null
  const counts = new Map<number, number>()
  for (const { receivedMs, tenantId: owner } of records) {
    if (receivedMs === null || (tenantId !== null && owner !== tenantId)) continue
    const minute = Math.floor(receivedMs / MINUTE_MS) * MINUTE_MS
    counts.set(minute, (counts.get(minute) ?? 0) + 1)
  }
  return counts
}

/** What was counted less what a comparison missed: with the gap it makes what was accepted. */
function minuteBody(minute: LedgerMinute, waiting: number | null): Omit<BalanceMinute, 'settled'> {
  const counted = minute.stored + minute.deadLettered + minute.repeats
  return {
    minute: minute.minute.toISOString(),
    accepted: waiting === null ? null : counted + waiting,
    stored: Math.max(0, minute.stored - minute.missingStored),
    dead_lettered: Math.max(0, minute.deadLettered - minute.missingDeadLettered),
    repeats: minute.repeats,
    waiting,
    gap: minute.checkedAt === null ? null : minute.missingStored + minute.missingDeadLettered,
    checked_at: minute.checkedAt?.toISOString() ?? null,
  }
}

type Sums = Pick<BalanceBody, 'accepted' | 'stored' | 'dead_lettered' | 'repeats' | 'waiting' | 'gap' | 'settled'>

function sumsOf(
  ledger: Ledger,
  known: {
    log: LogSide | null
    minutes: BalanceMinute[]
    positions: BalanceBody['positions']
    tenantId: string | null
    since: Date
  },
): Sums {
  const { log, minutes, positions, tenantId, since } = known
  const sum = (name: 'stored' | 'dead_lettered' | 'repeats') =>
    minutes.reduce((total, minute) => total + minute[name], 0)
  const found = { stored: sum('stored'), dead_lettered: sum('dead_lettered'), repeats: sum('repeats') }
  const waiting = waitingOf(log, tenantId)
  const inRows = ledger.minutes.reduce(
    (total, { missingStored, missingDeadLettered }) => total + missingStored + missingDeadLettered,
    0,
  )
  // Positions belong to no tenant: a tenant's gap is what is missing among its rows.
  const inLog =
    tenantId !== null ? 0 : positions === null ? null : positions.settled - positions.counted + positions.lost_unread
  // Where nothing was counted nothing can be missing.
  const isAnswerable = ledger.minutes.every(
    ({ minute, stored, deadLettered }) => minute >= since || stored + deadLettered === 0,
  )
  const gap = inLog === null || !isAnswerable ? null : inRows + inLog
  const complete = minutes.slice(0, -1)
  return {
    ...found,
    waiting,
    gap,
    accepted:
      waiting === null || gap === null ? null : found.stored + found.dead_lettered + found.repeats + waiting + gap,
    settled: waiting === 0 && complete.every(({ settled }) => settled),
  }
}

function waitingOf(log: LogSide | null, tenantId: string | null): number | null {
  if (log === null) return null
  if (tenantId === null) return log.waiting
  return log.scan.exact ? log.scan.records.filter((record) => record.tenantId === tenantId).length : null
}

/** Null while a complete minute was never compared. */
function oldestCheck(minutes: readonly BalanceMinute[]): string | null {
  const checks = minutes.slice(0, -1).map(({ checked_at }) => checked_at)
  return checks.some((check) => check === null) ? null : (checks.toSorted()[0] ?? null)
}
