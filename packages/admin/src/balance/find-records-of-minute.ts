import { decodeEnvelope } from '@sluice/contract/envelope'
import { PROCESSOR_GROUP, RAW_TOPIC } from '@sluice/contract/topics'
import type { EventLog } from '@sluice/event-log'
import type { GapCandidate, UnsearchedGap } from '@sluice/event-store/balance-checks'

/** Received and appended are moments of two clocks, and a redrive is appended later: this much is looked at around the minute. */
const MARGIN_MS = 60_000
const MINUTE_MS = 60_000
const READ_RECORDS = 1_000
const MAX_RECORDS = 20_000

/**
 * Records of the log that were received in one minute by one tenant, as far as they lie where that minute does; at most
 * 20,000 are looked at.
 * @throws {LogUnavailableError} retryable
 */
export async function findRecordsOfMinute(
  eventLog: Pick<EventLog, 'lag' | 'read'>,
  { minute, tenantId }: UnsearchedGap,
): Promise<GapCandidate[]> {
  const [fromMs, untilMs] = [minute.getTime(), minute.getTime() + MINUTE_MS]
  const found: GapCandidate[] = []
  let left = MAX_RECORDS
  for (const { partition, start, end } of await eventLog.lag(RAW_TOPIC, PROCESSOR_GROUP)) {
    if (start === null || end === null) continue
    let next = await firstAppendedAt(eventLog, partition, { start, end }, fromMs - MARGIN_MS)
    while (next < end && left > 0) {
      const records = await eventLog.read(RAW_TOPIC, partition, next, Math.min(READ_RECORDS, left))
      for (const { value, offset } of records) {
        const reading = decodeEnvelope(value)
        if (reading.type !== 'envelope') continue
        const { receiptId, receivedAt, tenantId: owner } = reading.head
        const receivedMs = Date.parse(receivedAt)
        if (owner === tenantId && receivedMs >= fromMs && receivedMs < untilMs)
          found.push({ receiptId, source: { topic: RAW_TOPIC, partition, offset } })
      }
      const last = records.at(-1)
      if (last === undefined || last.appendedAt.getTime() > untilMs + MARGIN_MS) break
      next = last.offset + 1n
      left -= records.length
    }
  }
  return found
}

/** The first offset appended at or after a moment: as many reads of one record as the offsets have bits. */
async function firstAppendedAt(
  eventLog: Pick<EventLog, 'read'>,
  partition: number,
  { start, end }: { start: bigint; end: bigint },
  atMs: number,
): Promise<bigint> {
  let [low, high] = [start, end]
  while (low < high) {
    const middle = (low + high) / 2n
    const [record] = await eventLog.read(RAW_TOPIC, partition, middle, 1)
    if (record !== undefined && record.appendedAt.getTime() < atMs) low = middle + 1n
    else high = middle
  }
  return low
}
