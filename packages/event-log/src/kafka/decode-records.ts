import type { RecordsBatch } from '@platformatic/kafka'
import type { LogRecord, RecordHeaders } from '#src/event-log.ts'

/** Attributes of a record batch, format version 2. */
const LOG_APPEND_TIME = 0b1000
const CONTROL = 0b100000

const NO_HEADERS: RecordHeaders = Object.freeze({})
const NO_VALUE = Buffer.alloc(0)

/**
 * The records of one partition from `from` on, and the offset after everything that was read: markers of transactions and
 * removed records take offsets too.
 */
export function decodeRecords(
  topic: string,
  partition: number,
  batches: readonly RecordsBatch[],
  from: bigint,
): { records: LogRecord[]; next: bigint } {
  const records: LogRecord[] = []
  let next = from
  for (const batch of batches) {
    const after = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n
    if (after > next) next = after
    if (batch.attributes & CONTROL) continue
    // The log's own time stands on the batch; what the records say is then the producer's.
    const batchTime = batch.attributes & LOG_APPEND_TIME ? new Date(Number(batch.maxTimestamp)) : null
    for (const record of batch.records) {
      const offset = batch.firstOffset + BigInt(record.offsetDelta)
      if (offset < from) continue // a broker gives whole batches
      records.push({
        topic,
        partition,
        offset,
        key: record.key === null ? null : record.key.toString(),
        value: record.value ?? NO_VALUE,
        headers: decodeHeaders(record.headers),
        appendedAt: batchTime ?? new Date(Number(batch.firstTimestamp + record.timestampDelta)),
      })
    }
  }
  return { records, next }
}

function decodeHeaders(entries: readonly (readonly [Buffer | null, Buffer | null])[]): RecordHeaders {
  if (entries.length === 0) return NO_HEADERS
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of entries) headers[name?.toString() ?? ''] = value?.toString() ?? ''
  return headers
}
