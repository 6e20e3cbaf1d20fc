import type { MessageToProduce } from '@platformatic/kafka'
import type { AppendRecord } from '#src/event-log.ts'

/** Records of one append that travel together to one partition. */
export type Parcel = {
  /** Their places in the append. */
  indexes: readonly number[]
  messages: MessageToProduce[]
  /** What they take in a record batch, at most. */
  bytes: number
}

/** Of a record batch in format version 2: offset, length, epochs, checksum, times, producer, counts. */
export const BATCH_HEAD_BYTES = 61
/** Of one record: lengths, attributes, times and counts as varints, at their longest. */
const RECORD_HEAD_BYTES = 36
const HEADER_HEAD_BYTES = 10

/**
 * Makes parcels that each fit into one record batch. Values are copied: the client writes them again at every try, and
 * the caller may have used its buffer for something else by then.
 */
export function toParcels(
  topic: string,
  partition: number,
  records: readonly AppendRecord[],
  indexes: readonly number[],
  maxBatchBytes: number,
): Parcel[] {
  const parcels: Parcel[] = []
  let begin = 0
  let bytes = 0
  const close = (end: number) => {
    const chosen = indexes.slice(begin, end)
    if (chosen.length > 0)
      parcels.push({ indexes: chosen, messages: toMessages(topic, partition, records, chosen), bytes })
    begin = end
    bytes = 0
  }
  for (const [nth, index] of indexes.entries()) {
    const more = batchBytes(records[index] as AppendRecord)
    if (bytes + more > maxBatchBytes - BATCH_HEAD_BYTES) close(nth)
    bytes += more
  }
  close(indexes.length)
  return parcels
}

function toMessages(
  topic: string,
  partition: number,
  records: readonly AppendRecord[],
  indexes: readonly number[],
): MessageToProduce[] {
  const values = Buffer.concat(indexes.map((index) => (records[index] as AppendRecord).value))
  let at = 0
  return indexes.map((index) => {
    const { key, value, headers } = records[index] as AppendRecord
    const from = at
    at += value.length
    return {
      topic,
      partition,
      value: values.subarray(from, at),
      headers: toHeaders(headers),
      ...(key === null ? {} : { key: Buffer.from(key) }),
    }
  })
}

function toHeaders(headers: AppendRecord['headers']): Map<Buffer, Buffer> {
  const bytes = new Map<Buffer, Buffer>()
  for (const name of Object.keys(headers)) bytes.set(Buffer.from(name), Buffer.from(headers[name] ?? ''))
  return bytes
}

function batchBytes({ key, value, headers }: AppendRecord): number {
  let bytes = RECORD_HEAD_BYTES + value.length + (key === null ? 0 : Buffer.byteLength(key))
  for (const name of Object.keys(headers))
    bytes += HEADER_HEAD_BYTES + Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '')
  return bytes
}
