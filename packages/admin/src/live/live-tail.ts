import type { LiveItem, LiveOutcome, LiveQuery } from '@sluice/contract/admin-api/live'
import { deadLetterKey } from '@sluice/contract/dead-letter-key'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { judgeEvent } from '@sluice/contract/event'
import { isUuid } from '@sluice/contract/identifiers'
import { PROCESSOR_GROUP, RAW_TOPIC } from '@sluice/contract/topics'
import { type EventLog, type LogRecord, LogUnavailableError } from '@sluice/event-log'
import {
  findSettledOutcomes,
  readSettledUpTo,
  type SettledOutcome,
  type SettledUpTo,
} from '@sluice/event-store/queries/settled-outcomes'
import type { Pool } from '@sluice/runtime/postgres'
import type { LivePosition } from './live-position.ts'

/** Something that happened; `toItem` is dear and asked for what is shown only. */
export type LiveCandidate = { outcome: LiveOutcome; atMs: number; toItem(): LiveItem }

export type LiveTurn = {
  /** By time, as far as clocks agree. */
  candidates: LiveCandidate[]
  /** Outcomes that nobody looked at. */
  unread: number
}

export type LiveTail = {
  /**
   * What happened since the turn before. When it throws, nothing is lost: the next turn begins where this one did.
   * @throws {LogUnavailableError} retryable
   * @throws {StoreUnavailableError} retryable
   */
  turn(): Promise<LiveTurn>
  position(): LivePosition
}

/** Records of one partition that a turn reads: four turns a second, 4,000 a second and partition. */
const READ_RECORDS = 1_000
/** Whoever is further behind in a partition jumps: 2.5 s of reading at that pace, and a minute of silence at 1,000 events/s. */
const MAX_BEHIND = 10_000n

type Filter = Pick<LiveQuery, 'tenant' | 'eventType' | 'outcome'>
type Read = { records: LogRecord[]; next: bigint; unread: number }

/**
 * Follows what is accepted and what becomes of it, from now on or from `from`, by positions in the log and never by times
 * or ids of rows: offsets are gapless and become visible in order, and `settled_offsets` moves in the transaction that
 * writes the rows. A query for "rows newer than the last one seen" would skip a transaction that commits after another
 * one whose rows are newer.
 * @throws {LogUnavailableError} retryable
 * @throws {StoreUnavailableError} retryable
 */
export async function openLiveTail(
  { eventLog, pool }: { eventLog: Pick<EventLog, 'lag' | 'read'>; pool: Pool },
  filter: Filter,
  from: LivePosition | null,
): Promise<LiveTail> {
  const position = from ?? (await currentPosition(eventLog, pool))
  const wants = (outcome: LiveOutcome) => filter.outcome === undefined || filter.outcome === outcome
  const wantsSettled = wants('stored') || wants('dead_lettered')

  return {
    async turn() {
      // The position moves only when all was read: a turn that throws half-way is done again as a whole.
      const moved: LivePosition = { accepted: new Map(position.accepted), settled: new Map(position.settled) }
      const accepted = await turnAccepted(moved)
      const settled = await turnSettled(moved)
      position.accepted = moved.accepted
      position.settled = moved.settled
      const candidates = [...accepted.candidates, ...settled.candidates].sort((a, b) => a.atMs - b.atMs)
      return { candidates, unread: accepted.unread + settled.unread }
    },
    position: () => position,
  }

  async function turnAccepted(moved: LivePosition): Promise<LiveTurn> {
    const turn: LiveTurn = { candidates: [], unread: 0 }
    for (const { partition, start, end } of await eventLog.lag(RAW_TOPIC, PROCESSOR_GROUP)) {
      if (start === null || end === null) continue
      const known = moved.accepted.get(partition) ?? start
      // Beyond the end: the topic was made anew.
      const read = await readUpTo(eventLog, partition, known > end ? start : known, end, wants('accepted'))
      moved.accepted.set(partition, read.next)
      turn.unread += read.unread
      for (const record of read.records) {
        const candidate = acceptedCandidate(record, filter)
        if (candidate !== null) turn.candidates.push(candidate)
      }
    }
    return turn
  }

  async function turnSettled(moved: LivePosition): Promise<LiveTurn> {
    const turn: LiveTurn = { candidates: [], unread: 0 }
    for (const { partition, sourceId, base, next } of await readSettledUpTo(pool, RAW_TOPIC)) {
      const known = moved.settled.get(partition)
      const start = known?.sourceId === sourceId ? known.next : base
      const read = await readUpTo(eventLog, partition, start, next, wantsSettled)
      moved.settled.set(partition, { sourceId, next: read.next })
      turn.unread += read.unread
      const positions = read.records.map((record) => toPosition(record, sourceId))
      const outcomes = await findSettledOutcomes(pool, positions)
      for (const [index, outcome] of outcomes.entries()) {
        const record = read.records[index]
        if (record === undefined || outcome.type === 'nothing_new' || !wants(outcome.type)) continue
        const candidate = settledCandidate(record, outcome, filter)
        if (candidate !== null) turn.candidates.push(candidate)
      }
    }
    return turn
  }
}

async function currentPosition(eventLog: Pick<EventLog, 'lag'>, pool: Pool): Promise<LivePosition> {
  // The outcomes first: what is appended and settled between the two is told as settled, and not the other way round.
  const settled = await readSettledUpTo(pool, RAW_TOPIC)
  const accepted = new Map<number, bigint>()
  for (const { partition, end } of await eventLog.lag(RAW_TOPIC, PROCESSOR_GROUP)) {
    if (end === null) throw new LogUnavailableError(`the end of partition ${partition} cannot be known`)
    accepted.set(partition, end)
  }
  const nextOf = ({ partition, sourceId, next }: SettledUpTo) => [partition, { sourceId, next }] as const
  return { accepted, settled: new Map(settled.map(nextOf)) }
}

/** Reads on from `from`, at most `READ_RECORDS`; beyond `MAX_BEHIND` it jumps, and says how many it passed over. */
async function readUpTo(
  eventLog: Pick<EventLog, 'read'>,
  partition: number,
  from: bigint,
  end: bigint,
  isWanted: boolean,
): Promise<Read> {
  if (from >= end || !isWanted) return { records: [], next: end, unread: 0 }
  const start = end - from > MAX_BEHIND ? end - MAX_BEHIND : from
  const limit = Math.min(READ_RECORDS, Number(end - start))
  const read = await eventLog.read(RAW_TOPIC, partition, start, limit)
  const records = read.filter(({ offset }) => offset < end)
  const last = records.at(-1)
  // Nothing there although the end says so: retention took it.
  const next = last === undefined ? end : last.offset + 1n
  return { records, next, unread: Number(next - from) - records.length }
}

function toPosition({ partition, offset, value, headers }: LogRecord, sourceId: number) {
  const reading = decodeEnvelope(value)
  const deadLetterId = headers['sluice-dead-letter-id'] ?? ''
  return {
    sourceId,
    offset,
    receiptId: reading.type === 'envelope' ? reading.head.receiptId : null,
    recordKey: reading.type === 'envelope' ? null : deadLetterKey({ topic: RAW_TOPIC, partition, offset, value }),
    redrive: isUuid(deadLetterId) ? { deadLetterId, attempt: Number(headers['sluice-attempt']) } : null,
  }
}

/** What a record says of itself, as far as it can be read. */
function readRecord(value: Buffer) {
  const reading = decodeEnvelope(value)
  if (reading.type === 'malformed') return { head: null, names: () => ({ eventId: null, eventType: null }) }
  return {
    head: reading.head,
    names() {
      const judgement = judgeEvent(reading.event)
      return judgement.type === 'valid' ? judgement.event : judgement
    },
  }
}

function acceptedCandidate(record: LogRecord, { tenant, eventType }: Filter): LiveCandidate | null {
  // Accepted long ago: what a redrive becomes is told, not that it was appended again.
  if (isUuid(record.headers['sluice-dead-letter-id'] ?? '')) return null
  const { head, names } = readRecord(record.value)
  if (tenant !== undefined && head?.tenantId !== tenant) return null
  if (eventType !== undefined && names().eventType !== eventType) return null
  return {
    outcome: 'accepted',
    atMs: record.appendedAt.getTime(),
    toItem: () => toItem(record, 'accepted', record.appendedAt, names(), null),
  }
}

function settledCandidate(
  record: LogRecord,
  outcome: Exclude<SettledOutcome, { type: 'nothing_new' }>,
  { tenant, eventType }: Filter,
): LiveCandidate | null {
  if (tenant !== undefined && readRecord(record.value).head?.tenantId !== tenant) return null
  if (eventType !== undefined && outcome.eventType !== eventType) return null
  return {
    outcome: outcome.type,
    atMs: outcome.at.getTime(),
    toItem: () => toItem(record, outcome.type, outcome.at, outcome, outcome.type === 'stored' ? null : outcome),
  }
}

function toItem(
  { topic, partition, offset, value }: LogRecord,
  outcome: LiveOutcome,
  at: Date,
  { eventId, eventType }: { eventId: string | null; eventType: string | null },
  letter: (Pick<LiveItem, 'reason' | 'pointer'> & { deadLetterId: string }) | null,
): LiveItem {
  const { head } = readRecord(value)
  return {
    outcome,
    at: at.toISOString(),
    tenant_id: head?.tenantId ?? null,
    receipt_id: head?.receiptId ?? null,
    event_id: eventId,
    event_type: eventType,
    idempotency_key: head?.idempotencyKey ?? null,
    source: { topic, partition, offset: Number(offset) },
    dead_letter_id: letter?.deadLetterId ?? null,
    reason: letter?.reason ?? null,
    pointer: letter?.pointer ?? null,
  }
}
