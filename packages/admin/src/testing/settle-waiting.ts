import assert from 'node:assert/strict'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { judgeEvent } from '@sluice/contract/event'
import { PROCESSOR_GROUP, RAW_TOPIC } from '@sluice/contract/topics'
import type { EventLog, LogRecord } from '@sluice/event-log'
import type { EventStore, SettleRecord } from '@sluice/event-store/event-store'

/** Settles what waits in the log and commits it, by the rules that the processor has. */
export async function settleWaiting(eventLog: EventLog, store: EventStore): Promise<void> {
  const waits = (await eventLog.lag(RAW_TOPIC, PROCESSOR_GROUP)).reduce((sum, { lag }) => sum + Number(lag), 0)
  let left = waits
  await using consumer = await eventLog.consume({
    topic: RAW_TOPIC,
    group: PROCESSOR_GROUP,
    maxRecords: 1_000,
    maxBytes: 4_194_304,
    maxWaitMs: 5,
  })
  while (left > 0) {
    const batch = await consumer.next()
    assert.ok(batch)
    await store.settle({
      topic: RAW_TOPIC,
      topicGeneration: batch.topicGeneration,
      records: batch.records.map(toSettle),
    })
    await batch.commit()
    left -= batch.records.length
  }
}

function toSettle({ partition, offset, value, headers }: LogRecord): SettleRecord {
  const id = headers['sluice-dead-letter-id']
  const redrive = id === undefined ? null : { deadLetterId: id, attempt: Number(headers['sluice-attempt']) }
  const position = { partition, offset, original: value, redrive }
  const reading = decodeEnvelope(value)
  if (reading.type === 'malformed') {
    const { detail, pointer } = reading
    const unread = { head: null, eventId: null, eventType: null, stage: 'decode' as const }
    return { ...position, ...unread, type: 'dead_letter', reason: 'MALFORMED_RECORD', detail, pointer }
  }
  const judgement = judgeEvent(reading.event)
  return judgement.type === 'valid'
    ? { ...position, type: 'event', head: reading.head, event: judgement.event }
    : { ...position, ...judgement, head: reading.head }
}
