import type { MessageToProduce } from '@platformatic/kafka'
import type { AppendRecord, RecordHeaders } from '#src/event-log.ts'

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
  const sizeOf = sizer()
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
    const more = sizeOf(records[index] as AppendRecord)
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
  let last: RecordHeaders | null = null
  let encoded = new Map<Buffer, Buffer>()
  return indexes.map((index) => {
    const { key, value, headers } = records[index] as AppendRecord
    const from = at
    at += value.length
    if (headers !== last) encoded = encodeHeaders(headers)
    last = headers
    const message = { topic, partition, value: values.subarray(from, at), headers: encoded }
    return key === null ? message : { ...message, key: Buffer.from(key) }
  })
}

function encodeHeaders(headers: RecordHeaders): Map<Buffer, Buffer> {
  const bytes = new Map<Buffer, Buffer>()
  for (const name of Object.keys(headers)) bytes.set(Buffer.from(name), Buffer.from(headers[name] ?? ''))
  return bytes
}

/** Most records of a micro-batch share one object of headers, which is then measured once. */
function sizer(): (record: AppendRecord) => number {
  let last: RecordHeaders | null = null
  let headersBytes = 0
  return ({ key, value, headers }) => {
    if (headers !== last) {
      headersBytes = 0
      for (const name of Object.keys(headers))
        headersBytes += HEADER_HEAD_BYTES + Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '')
    }
    last = headers
    return RECORD_HEAD_BYTES + headersBytes + value.length + (key === null ? 0 : Buffer.byteLength(key))
  }
}
