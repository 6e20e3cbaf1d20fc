import { decodeEnvelope } from '@sluice/contract/envelope'
import { judgeEvent } from '@sluice/contract/event'
import { isUuid } from '@sluice/contract/identifiers'
import type { LogRecord } from '@sluice/event-log'
import type { Redrive, SettleRecord } from '@sluice/event-store/event-store'

/**
 * Judges one record: an event to store, or one to set aside with reason, detail and pointer. Never throws: whatever a
 * foreign writer put on the log is a dead letter at worst.
 */
export function judgeRecord(record: LogRecord): SettleRecord {
  const position = positionOf(record)
  const reading = decodeEnvelope(record.value)
  if (reading.type === 'malformed') {
    const { detail, pointer } = reading
    return {
      ...position,
      type: 'dead_letter',
      head: null,
      eventId: null,
      eventType: null,
      reason: 'MALFORMED_RECORD',
      stage: 'decode',
      detail,
      pointer,
    }
  }
  const judgement = judgeEvent(reading.event)
  switch (judgement.type) {
    case 'valid':
      return { ...position, type: 'event', head: reading.head, event: judgement.event }
    case 'dead_letter':
      return { ...position, ...judgement, head: reading.head }
    default:
      return judgement satisfies never
  }
}

/** What is known of a record without looking into it. */
export const positionOf = (record: LogRecord) => ({
  partition: record.partition,
  offset: record.offset,
  original: record.value,
  redrive: redriveOf(record.headers),
})

/** What the redrive of a dead letter says of itself in its record's headers. */
function redriveOf(headers: LogRecord['headers']): Redrive | null {
  const deadLetterId = headers['sluice-dead-letter-id'] ?? ''
  const attempt = headers['sluice-attempt'] ?? ''
  if (!isUuid(deadLetterId) || !/^\d{1,9}$/.test(attempt)) return null
  return { deadLetterId, attempt: Number(attempt) }
}
