import {
  type AppendOutcome,
  type AppendRecord,
  type LogRecord,
  type RecordHeaders,
  RecordTooLargeError,
} from './event-log.ts'

/** Key, value and headers of one record together; the largest event (`MAX_EVENT_BYTES` ≤ 1 MiB) in its envelope fits with room. */
export const MAX_RECORD_BYTES = 2_097_152

/** What the values of the newest records may have together: memory is bounded, however large they are. */
export const NEWEST_BYTES = 16_777_216

/** The first records whose values fit together, but always one. */
export function withinBytes(records: readonly LogRecord[], maxBytes: number): readonly LogRecord[] {
  let bytes = 0
  const end = records.findIndex(({ value }, index) => {
    bytes += value.length
    return index > 0 && bytes > maxBytes
  })
  return end < 0 ? records : records.slice(0, end)
}

/** Refuses the records that are too large, so that the rest of an append goes on without them. */
export function refuseTooLarge(
  records: readonly AppendRecord[],
  limitBytes: number,
): { fitting: readonly AppendRecord[]; merge: (outcomes: readonly AppendOutcome[]) => readonly AppendOutcome[] } {
  const sizes = measure(records)
  if (sizes.every((bytes) => bytes <= limitBytes)) return { fitting: records, merge: (outcomes) => outcomes }
  const refuse = (bytes: number): AppendOutcome => ({
    type: 'refused',
    error: new RecordTooLargeError(`a record may have ${limitBytes} bytes, this one has ${bytes}`, limitBytes),
  })
  return {
    fitting: records.filter((_, index) => (sizes[index] ?? 0) <= limitBytes),
    merge(outcomes) {
      const rest = outcomes.values()
      return sizes.map((bytes) => {
        if (bytes > limitBytes) return refuse(bytes)
        const next = rest.next()
        if (next.done) throw new Error('an append must have one outcome per record')
        return next.value
      })
    },
  }
}

/** Most records of a micro-batch share one object of headers, which is then measured once. */
function measure(records: readonly AppendRecord[]): number[] {
  let last: RecordHeaders | null = null
  let headersBytes = 0
  return records.map(({ key, value, headers }) => {
    if (headers !== last) headersBytes = measureHeaders(headers)
    last = headers
    return headersBytes + value.length + (key === null ? 0 : Buffer.byteLength(key))
  })
}

function measureHeaders(headers: RecordHeaders): number {
  let bytes = 0
  for (const name in headers) bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '')
  return bytes
}
