import type { DeadLetterBody } from '@sluice/contract/admin-api/dead-letters'
import { decodeEnvelope } from '@sluice/contract/envelope'
import type { DeadLetter, DeadLetterStep } from '@sluice/event-store/queries/dead-letter'
import type { StoredEvent } from '@sluice/event-store/queries/stored-event'

type Source = { topic: string; partition: number; offset: bigint }

/** Offsets are answered as numbers: beyond 2^53 a partition would have to take a million records a second for 285 years. */
export const sourceJson = ({ topic, partition, offset }: Source) => ({ topic, partition, offset: Number(offset) })

/** A stored event as JSON text. Payload and extra are spliced in as they are, so that no number loses a digit. */
export function eventJson(event: StoredEvent): string {
  const head = JSON.stringify({
    receipt_id: event.receiptId,
    tenant_id: event.tenantId,
    event_id: event.eventId,
    idempotency_key: event.idempotencyKey,
    event_type: event.eventType,
    schema_version: event.schemaVersion,
    occurred_at: event.occurredAt,
    received_at: event.receivedAt,
    processed_at: event.processedAt,
    status: event.status,
  })
  const tail = JSON.stringify({ fingerprint: event.fingerprint, source: sourceJson(event.source) })
  return `${head.slice(0, -1)},"payload":${event.payload},"extra":${event.extra ?? 'null'},${tail.slice(1)}`
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes as text where they are UTF-8, else null. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    // Not UTF-8: shown as bytes.
    return null
  }
}

/** Bytes of a foreign or broken record: text where they are UTF-8, base64 where not. */
export function originalJson(original: Uint8Array): { original: string; original_encoding: 'utf8' | 'base64' } {
  const text = textOf(original)
  if (text !== null) return { original: text, original_encoding: 'utf8' }
  return { original: Buffer.from(original).toString('base64'), original_encoding: 'base64' }
}

/** What of a dead letter is answered besides its facts. */
export type DeadLetterInclude = { event: boolean; original: boolean }

export function deadLetterBody(
  deadLetter: DeadLetter,
  include: DeadLetterInclude,
  history?: readonly DeadLetterStep[],
): DeadLetterBody {
  const { original } = deadLetter
  return {
    id: deadLetter.id,
    state: deadLetter.state,
    reason: deadLetter.reason,
    detail: deadLetter.detail,
    pointer: deadLetter.pointer,
    stage: deadLetter.stage,
    failed_at: deadLetter.failedAt,
    first_failed_at: deadLetter.firstFailedAt,
    closed_at: deadLetter.closedAt,
    attempt: deadLetter.attempt,
    tenant_id: deadLetter.tenantId,
    receipt_id: deadLetter.receiptId,
    idempotency_key: deadLetter.idempotencyKey,
    event_id: deadLetter.eventId,
    event_type: deadLetter.eventType,
    fingerprint: deadLetter.fingerprint,
    source: sourceJson(deadLetter.source),
    ...(include.event && original !== null ? { event: eventTextOf(original) } : {}),
    ...(include.original && original !== null ? originalJson(original) : {}),
    ...(history === undefined ? {} : { history: history.map(historyBody) }),
  }
}

const historyBody = ({ at, what, by, note, edited, jobId }: DeadLetterStep) => ({
  at,
  what,
  by,
  note,
  ...(edited === null ? {} : { edited }),
  ...(jobId === null ? {} : { job_id: jobId }),
})

/** The producer's body inside a record, as text; null where none can be read. */
function eventTextOf(original: Uint8Array): string | null {
  const reading = decodeEnvelope(original)
  return reading.type === 'envelope' ? textOf(reading.event) : null
}
