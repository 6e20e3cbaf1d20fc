import { receiptTimeMs } from '@sluice/contract/identifiers'
import { PROCESSOR_GROUP, RAW_TOPIC } from '@sluice/contract/topics'
import type { EventLog, LogRecord, PartitionLag } from '@sluice/event-log'

/** What the log says of a receipt that is in no table. */
export type WaitingAnswer = {
  /** The oldest record that waits in the whole log; null when none does or it cannot be known. */
  oldestWaitingAt: Date | null
} & (
  | { state: 'waiting'; certain: true; record: LogRecord; ahead: number }
  | { state: 'waiting' | 'unknown'; certain: boolean; record: null }
)

/** As much of the waiting tail is looked at, in records and in time. */
const MAX_RECORDS = 20_000
const MAX_MS = 2_000
const READ_RECORDS = 1_000

/** Every envelope begins with version and receipt, so that a look at the first bytes tells whose record it is. */
const headOf = (receiptId: string) => Buffer.from(`{"v":1,"receipt_id":"${receiptId}"`)

/** Whether a record is the envelope of this receipt. */
export function carriesReceipt(value: Uint8Array, receiptId: string): boolean {
  const head = headOf(receiptId)
  return head.equals(value.subarray(0, head.length))
}

/**
 * Looks for a receipt among the records that wait for the processor. Scanned whole and absent means unknown; of a tail that
 * is longer than the bounds only times can be compared: an event received before the oldest waiting record was appended
 * cannot wait.
 * @throws {LogUnavailableError} retryable
 */
export async function findWaiting(eventLog: Pick<EventLog, 'lag' | 'read'>, receiptId: string): Promise<WaitingAnswer> {
  const wanted = headOf(receiptId)
  const partitions = await eventLog.lag(RAW_TOPIC, PROCESSOR_GROUP)
  const oldestWaitingAt = oldestOf(partitions)
  const deadline = performance.now() + MAX_MS
  let left = MAX_RECORDS
  for (const { partition, committed, start, end } of partitions) {
    // What left the log unread waits no more.
    const first = [committed ?? 0n, start ?? 0n].reduce((a, b) => (a > b ? a : b))
    let from = first
    while (end === null || from < end) {
      if (left <= 0 || performance.now() > deadline) return byTimes(oldestWaitingAt, receiptId)
      const records = await eventLog.read(RAW_TOPIC, partition, from, Math.min(READ_RECORDS, left))
      const record = records.find(({ value }) => value.subarray(0, wanted.length).equals(wanted))
      if (record !== undefined)
        return { state: 'waiting', certain: true, record, ahead: Number(record.offset - first), oldestWaitingAt }
      const last = records.at(-1)
      if (last === undefined) break
      from = last.offset + 1n
      left -= records.length
    }
  }
  return { state: 'unknown', certain: true, record: null, oldestWaitingAt }
}

function oldestOf(partitions: readonly PartitionLag[]): Date | null {
  const times = partitions.flatMap(({ oldestWaitingAt }) =>
    oldestWaitingAt === null ? [] : [oldestWaitingAt.getTime()],
  )
  return times.length === 0 ? null : new Date(Math.min(...times))
}

function byTimes(oldestWaitingAt: Date | null, receiptId: string): WaitingAnswer {
  const receivedMs = receiptTimeMs(receiptId)
  const mayWait = receivedMs !== null && oldestWaitingAt !== null && receivedMs >= oldestWaitingAt.getTime()
  return { state: mayWait ? 'waiting' : 'unknown', certain: false, record: null, oldestWaitingAt }
}
