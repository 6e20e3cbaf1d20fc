import type { DeadLetterReason, DeadLetterStage, DeadLetterState } from '@sluice/contract/dead-letter'
import { microsOf, rfc3339Millis } from './sql-conditions.ts'
import type { Source } from './stored-event.ts'

/** One row of `dead_letters`. Times are RFC 3339 in UTC; null where the record could not be read. */
export type DeadLetter = {
  id: string
  state: DeadLetterState
  reason: DeadLetterReason
  detail: string
  /** JSON Pointer (RFC 6901). */
  pointer: string | null
  stage: DeadLetterStage
  /** The last failure, and the first. */
  failedAt: string
  firstFailedAt: string
  closedAt: string | null
  /** 1 for the first try, one more for each redrive that failed again. */
  attempt: number
  tenantId: string | null
  receiptId: string | null
  receivedAt: string | null
  idempotencyKey: string | null
  eventId: string | null
  eventType: string | null
  /** 64 hex digits. */
  fingerprint: string | null
  source: Source
  /** The whole record value, byte for byte; null unless it was asked for. */
  original: Buffer | null
}

/** What happened to a dead letter after it was opened. */
export type DeadLetterStep = {
  at: string
  what: 'redriven' | 'failed_again' | 'dismissed' | 'stored' | 'opened_again'
  by: string
  note: string | null
  /** Of `redriven`: whether the event was changed, and the job that did it; else null. */
  edited: boolean | null
  jobId: string | null
}

/** The row as `deadLetterColumns` gives it. */
export type DeadLetterRow = Omit<DeadLetter, 'source'> & {
  topic: string
  partition: number
  offset: string
  /** failed_at, for cursors. */
  micros: string
}

/** What to select from DEAD_LETTER_TABLES. */
export const deadLetterColumns = (include: { original: boolean }) => `
  d.id, d.state, d.reason, d.detail, d.pointer, d.stage, ${rfc3339Millis('d.failed_at')} AS "failedAt",
  ${rfc3339Millis('d.first_failed_at')} AS "firstFailedAt", ${rfc3339Millis('d.closed_at')} AS "closedAt",
  d.attempts AS attempt, d.tenant_id AS "tenantId", d.receipt_id AS "receiptId",
  ${rfc3339Millis('d.received_at')} AS "receivedAt", d.idempotency_key AS "idempotencyKey", d.event_id AS "eventId",
  d.event_type AS "eventType", encode(d.fingerprint, 'hex') AS fingerprint, s.topic, s.partition,
  d.source_offset AS "offset", ${include.original ? 'd.original' : 'NULL::bytea AS original'},
  ${microsOf('d.failed_at')} AS micros`

export const DEAD_LETTER_TABLES = 'dead_letters d JOIN settled_offsets s ON s.id = d.source_id'

export function toDeadLetter({ topic, partition, offset, micros: _, ...row }: DeadLetterRow): DeadLetter {
  return { ...row, source: { topic, partition, offset: BigInt(offset) } }
}
