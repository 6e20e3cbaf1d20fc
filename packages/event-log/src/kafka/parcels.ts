import type { AppendRecord } from '#src/event-log.ts'
import { BATCH_HEAD_BYTES, RECORD_HEAD_BYTES, type RecordTail, toRecordTails } from './record-batch.ts'

/** Records of one append that travel together to one partition. */
export type Parcel = {
  /** Their places in the append. */
  indexes: readonly number[]
  tails: readonly RecordTail[]
  /** What they take in a record batch, at most. */
  bytes: number
}

/**
 * Makes parcels that each fit into one record batch. Records are copied: the client writes them again at every try, and
 * the caller may have used its buffers for something else by then.
 */
export function toParcels(
  records: readonly AppendRecord[],
  indexes: readonly number[],
  maxBatchBytes: number,
): Parcel[] {
  const tails = toRecordTails(indexes.map((index) => records[index] as AppendRecord))
  const parcels: Parcel[] = []
  let begin = 0
  let bytes = 0
  const close = (end: number) => {
    if (end > begin) parcels.push({ indexes: indexes.slice(begin, end), tails: tails.slice(begin, end), bytes })
    begin = end
    bytes = 0
  }
  for (const [nth, { from, to }] of tails.entries()) {
    const more = RECORD_HEAD_BYTES + to - from
    if (bytes + more > maxBatchBytes - BATCH_HEAD_BYTES) close(nth)
    bytes += more
  }
  close(tails.length)
  return parcels
}
