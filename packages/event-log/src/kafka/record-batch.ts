// Record batches in format version 2 (https://kafka.apache.org/documentation/#recordbatch), each laid out in one buffer.
// The client's own are the same byte for byte, put together from a dozen buffers a record.
import { crc32c, Writer } from '@platformatic/kafka'
import type { AppendRecord, RecordHeaders } from '#src/event-log.ts'

/** A record's key, value and headers, as a batch holds them. What precedes them depends on the record's place there. */
export type RecordTail = { bytes: Buffer; from: number; to: number }

export type BatchFacts = {
  /** Of all its records, in ms. */
  timestamp: bigint
  producerId: bigint
  producerEpoch: number
  /** Of its first record: how many this producer has sent to the partition before. */
  sequence: number
}

/** Offset, length, epochs, checksum, times, producer, counts. */
export const BATCH_HEAD_BYTES = 61
/** What precedes a record's tail, at its longest: length 5, attributes and time 1 each, place in the batch 5. */
export const RECORD_HEAD_BYTES = 12

/** How long a batch is counts from behind the length itself, and its checksum from behind the checksum. */
const LENGTH_END = 12
const CHECKSUM_END = 21

/** Lays out the tails of records one after the other. Everything is copied. */
export function toRecordTails(records: readonly AppendRecord[]): RecordTail[] {
  const headers = encodeHeaders(records)
  let size = 0
  for (let nth = 0; nth < records.length; nth += 1) {
    const { key, value } = records[nth] as AppendRecord
    size += (key === null ? 1 : sizeOfText(key)) + sizeOfVarint(value.length) + value.length
    size += (headers[nth] as Buffer).length
  }
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  return records.map(({ key, value }, nth) => {
    const from = at
    at = key === null ? writeVarint(bytes, at, -1) : writeText(bytes, at, key)
    at = writeVarint(bytes, at, value.length)
    bytes.set(value, at)
    at += value.length
    const end = headers[nth] as Buffer
    bytes.set(end, at)
    at += end.length
    return { bytes, from, to: at }
  })
}

/** The batch of these records, in this order; at least one. */
export function createRecordBatch(
  tails: readonly RecordTail[],
  { timestamp, producerId, producerEpoch, sequence }: BatchFacts,
): Buffer {
  let room = BATCH_HEAD_BYTES
  for (const { from, to } of tails) room += RECORD_HEAD_BYTES + to - from
  const batch = Buffer.allocUnsafe(room)
  let at = BATCH_HEAD_BYTES
  for (let place = 0; place < tails.length; place += 1) {
    const { bytes, from, to } = tails[place] as RecordTail
    at = writeVarint(batch, at, 2 + sizeOfVarint(place) + to - from)
    at = writeVarint(batch, at, 0) // attributes
    at = writeVarint(batch, at, 0) // its time, after the first record's
    at = writeVarint(batch, at, place)
    bytes.copy(batch, at, from, to)
    at += to - from
  }
  batch.writeBigInt64BE(0n, 0) // the first offset: for the broker to say
  batch.writeInt32BE(at - LENGTH_END, 8)
  batch.writeInt32BE(0, 12) // the leader's epoch: for the broker to say
  batch.writeInt8(2, 16) // the format's version
  batch.writeInt16BE(0, 21) // attributes: not compressed, no transaction
  batch.writeInt32BE(tails.length - 1, 23)
  batch.writeBigInt64BE(timestamp, 27) // the first record's
  batch.writeBigInt64BE(timestamp, 35) // the latest
  batch.writeBigInt64BE(producerId, 43)
  batch.writeInt16BE(producerEpoch, 51)
  batch.writeInt32BE(sequence & 0x7fffffff, 53) // 0 comes after the largest that the format holds
  batch.writeInt32BE(tails.length, 57)
  batch.writeUInt32BE(checksum(batch.subarray(CHECKSUM_END, at)), 17)
  return batch.subarray(0, at)
}

/** The client copies a plain buffer beforehand, but not what it finds in a writer of its own. */
const checksum = (bytes: Buffer): number => crc32c(Writer.create().append(bytes).dynamicBuffer)

/** Most records of a micro-batch share one object of headers, which is then encoded once. */
function encodeHeaders(records: readonly AppendRecord[]): Buffer[] {
  let last: RecordHeaders | null = null
  let encoded: Buffer = Buffer.alloc(0)
  return records.map(({ headers }) => {
    if (headers !== last) encoded = encodeOnce(headers)
    last = headers
    return encoded
  })
}

function encodeOnce(headers: RecordHeaders): Buffer {
  const names = Object.keys(headers)
  let size = sizeOfVarint(names.length)
  for (const name of names) size += sizeOfText(name) + sizeOfText(headers[name] ?? '')
  const bytes = Buffer.allocUnsafe(size)
  let at = writeVarint(bytes, 0, names.length)
  for (const name of names) at = writeText(bytes, writeText(bytes, at, name), headers[name] ?? '')
  return bytes
}

const sizeOfText = (text: string): number => {
  const size = Buffer.byteLength(text)
  return sizeOfVarint(size) + size
}

function writeText(into: Buffer, at: number, text: string): number {
  const begin = writeVarint(into, at, Buffer.byteLength(text))
  return begin + into.write(text, begin)
}

/** Of a number that is not negative, as Kafka writes it: zigzag, seven bits a byte. */
const sizeOfVarint = (value: number): number =>
  value < 0x40 ? 1 : value < 0x2000 ? 2 : value < 0x10_0000 ? 3 : value < 0x800_0000 ? 4 : 5

/** @returns where it ends */
function writeVarint(into: Buffer, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let end = at
  for (; rest > 0x7f; rest >>>= 7) into[end++] = (rest & 0x7f) | 0x80
  into[end++] = rest
  return end
}
