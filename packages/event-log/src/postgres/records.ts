import type { LogRecord, RecordHeaders } from '#src/event-log.ts'

/** A row of log_records with its partition's number; the JSON of the headers as text. */
export type RecordRow = {
  partition: number
  record_offset: string
  key: string | null
  value: Buffer
  headers: string | null
  appended_at: Date
}

/** The columns of a RecordRow from log_records `r` and log_partitions `p`. */
export const RECORD_COLUMNS = 'p.partition, r.record_offset, r.key, r.value, r.headers, r.appended_at'

const NO_HEADERS: RecordHeaders = Object.freeze({})

export function toRecord(topic: string, row: RecordRow): LogRecord {
  return {
    topic,
    partition: row.partition,
    offset: BigInt(row.record_offset),
    key: row.key,
    value: row.value,
    headers: row.headers === null ? NO_HEADERS : (JSON.parse(row.headers) as RecordHeaders),
    appendedAt: row.appended_at,
  }
}
