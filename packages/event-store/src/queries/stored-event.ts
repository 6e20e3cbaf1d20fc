import { microsOf, rfc3339Micros, rfc3339Millis } from './sql-conditions.ts'

/** Where in the log a record stood. */
export type Source = { topic: string; partition: number; offset: bigint }

/** One row of `events`. Times are RFC 3339 in UTC. */
export type StoredEvent = {
  receiptId: string
  tenantId: string
  eventId: string
  idempotencyKey: string
  eventType: string
  schemaVersion: number
  /** The producer's instant: three to six digits of a second, as many as it has. */
  occurredAt: string
  receivedAt: string
  processedAt: string
  status: string
  /** JSON text, numbers with all their digits: splice it, do not parse it. */
  payload: string
  extra: string | null
  /** 64 hex digits. */
  fingerprint: string
  source: Source
}

/** The row as EVENT_COLUMNS gives it. */
export type EventRow = Omit<StoredEvent, 'source'> & {
  topic: string
  partition: number
  offset: string
  /** processed_at, for cursors. */
  micros: string
}

/** What to select from EVENT_TABLES. */
export const EVENT_COLUMNS = `
  e.id AS "receiptId", e.tenant_id AS "tenantId", e.event_id AS "eventId", e.idempotency_key AS "idempotencyKey",
  e.event_type AS "eventType", e.schema_version AS "schemaVersion", ${rfc3339Micros('e.occurred_at')} AS "occurredAt",
  ${rfc3339Millis('e.received_at')} AS "receivedAt", ${rfc3339Millis('e.processed_at')} AS "processedAt", e.status,
  e.payload::text AS payload, e.extra::text AS extra, encode(e.fingerprint, 'hex') AS fingerprint,
  s.topic, s.partition, e.source_offset AS "offset", ${microsOf('e.processed_at')} AS micros`

export const EVENT_TABLES = 'events e JOIN settled_offsets s ON s.id = e.source_id'

export function toStoredEvent({ topic, partition, offset, micros: _, ...row }: EventRow): StoredEvent {
  // Digits beyond milliseconds only where the producer gave them.
  const occurredAt = row.occurredAt.replace(/(\.\d{3}\d*?)0*Z$/, '$1Z')
  return { ...row, occurredAt, source: { topic, partition, offset: BigInt(offset) } }
}
