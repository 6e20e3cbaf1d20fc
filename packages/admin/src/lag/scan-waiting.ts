import { decodeEnvelope } from '@sluice/contract/envelope'
import { RAW_TOPIC } from '@sluice/contract/topics'
import type { EventLog, LogRecord } from '@sluice/event-log'

/** Records of one partition from `from` on, before `end`. */
export type WaitingRange = { partition: number; from: bigint; end: bigint }

/** What is known of a waiting record without its event. */
export type WaitingRecord = {
  partition: number
  offset: bigint
  /** Null where no envelope can be read. */
  tenantId: string | null
  /** Unix ms. */
  receivedMs: number | null
  appendedMs: number
}

export type WaitingScan = {
  total: number
  /** All of them when `exact`, else some from everywhere. */
  records: WaitingRecord[]
  exact: boolean
}

/** As many are all looked at: about 100 ms of reading. */
const MAX_EXACT = 20_000
const MAX_MS = 1_500
const READ_RECORDS = 1_000
/** Beyond, so many places are looked at, evenly over all that waits, some records at each. */
const SAMPLE_PLACES = 40
const SAMPLE_RECORDS = 100

/**
 * Looks at what waits: at all of it while that is little, else at a sample.
 * @throws {LogUnavailableError} retryable
 */
export async function scanWaiting(
  eventLog: Pick<EventLog, 'read'>,
  ranges: readonly WaitingRange[],
): Promise<WaitingScan> {
  const total = ranges.reduce((sum, { from, end }) => sum + Number(end - from), 0)
  const deadline = performance.now() + MAX_MS
  if (total <= MAX_EXACT) {
    const records = await readAll(eventLog, ranges, deadline)
    if (records !== null) return { total, records, exact: true }
  }
  return { total, records: await readSample(eventLog, ranges, total, deadline), exact: false }
}

/** Null when the time was over before the end. */
async function readAll(
  eventLog: Pick<EventLog, 'read'>,
  ranges: readonly WaitingRange[],
  deadline: number,
): Promise<WaitingRecord[] | null> {
  const found: WaitingRecord[] = []
  for (const { partition, from, end } of ranges) {
    let next = from
    while (next < end) {
      if (performance.now() > deadline) return null
      const records = await eventLog.read(RAW_TOPIC, partition, next, READ_RECORDS)
      for (const record of records) if (record.offset < end) found.push(toWaiting(record))
      const last = records.at(-1)
      if (last === undefined) break
      next = last.offset + 1n
    }
  }
  return found
}

async function readSample(
  eventLog: Pick<EventLog, 'read'>,
  ranges: readonly WaitingRange[],
  total: number,
  deadline: number,
): Promise<WaitingRecord[]> {
  const found: WaitingRecord[] = []
  for (let place = 0; place < SAMPLE_PLACES && performance.now() < deadline; place += 1) {
    const position = placeOf(ranges, Math.floor(((place + 0.5) * total) / SAMPLE_PLACES))
    if (position === null) break
    const records = await eventLog.read(RAW_TOPIC, position.partition, position.offset, SAMPLE_RECORDS)
    for (const record of records) if (record.offset < position.end) found.push(toWaiting(record))
  }
  return found
}

/** The position of the nth waiting record, counted through all partitions. */
function placeOf(
  ranges: readonly WaitingRange[],
  nth: number,
): { partition: number; offset: bigint; end: bigint } | null {
  let left = BigInt(nth)
  for (const { partition, from, end } of ranges) {
    if (left < end - from) return { partition, offset: from + left, end }
    left -= end - from
  }
  return null
}

function toWaiting({ partition, offset, value, appendedAt }: LogRecord): WaitingRecord {
  const reading = decodeEnvelope(value)
  const head = reading.type === 'envelope' ? reading.head : null
  return {
    partition,
    offset,
    tenantId: head?.tenantId ?? null,
    receivedMs: head === null ? null : Date.parse(head.receivedAt),
    appendedMs: appendedAt.getTime(),
  }
}
