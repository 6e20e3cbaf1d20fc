import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { encodeEnvelope } from '@sluice/contract/envelope'
import { newReceiptId } from '@sluice/contract/identifiers'
import { PROCESSOR_GROUP, RAW_TOPIC, TOPIC_PARTITIONS } from '@sluice/contract/topics'
import type { EventLog } from '@sluice/event-log'
import { createMemoryEventLog } from '@sluice/event-log/memory'
import { openEventLog } from '@sluice/event-log/open'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { openDatabase } from './database.ts'
import { createPortTopicLog } from './port-topic-log.ts'
import { createPostgresTopicLog, type TopicLog } from './topic-log.ts'

const RECEIPTS = Array.from({ length: 1_203 }, () => newReceiptId(Date.now()))

function aValue(receiptId: string): Buffer {
  const head = {
    receiptId,
    tenantId: 'acme',
    idempotencyKey: `key-${receiptId}`,
    fingerprint: '0'.repeat(64),
    requestId: 'request-1',
    receivedAt: '2026-05-04T10:00:00.000Z',
  }
  return encodeEnvelope(head, Buffer.from('{}'))
}

/** Everything but the last three records is committed. */
async function fill(log: EventLog): Promise<void> {
  const record = (receiptId: string) => ({ key: null, value: aValue(receiptId), headers: {} })
  for (let from = 0; from < 1_200; from += 400)
    await log.append(RAW_TOPIC, RECEIPTS.slice(from, from + 400).map(record))
  await using consumer = await log.consume({
    topic: RAW_TOPIC,
    group: PROCESSOR_GROUP,
    maxRecords: 1_000,
    maxBytes: 4_194_304,
    maxWaitMs: 5,
  })
  for (let taken = 0; taken < 1_200; ) {
    const batch = await consumer.next()
    taken += batch?.records.length ?? 0
    await batch?.commit()
  }
  await log.append(RAW_TOPIC, RECEIPTS.slice(1_200).map(record))
}

async function openPostgres(t: TestContext): Promise<{ log: EventLog; url: string }> {
  const { url } = await testDatabase(t)
  const log = await openEventLog({ engine: 'postgres', url, connections: 2 }, { log: createMemoryLog().log })
  t.after(() => log[Symbol.asyncDispose]())
  return { log, url }
}

const WAYS: Record<string, (t: TestContext) => Promise<TopicLog>> = {
  'the port, of a log in memory': async () => {
    const log = createMemoryEventLog({ topics: { ...TOPIC_PARTITIONS } })
    await fill(log)
    return createPortTopicLog(log)
  },
  'the port, of a log in PostgreSQL': async (t) => {
    const { log } = await openPostgres(t)
    await fill(log)
    return createPortTopicLog(log)
  },
  'SQL, of a log in PostgreSQL': async (t) => {
    const { log, url } = await openPostgres(t)
    await fill(log)
    const database = openDatabase(url)
    t.after(() => database[Symbol.asyncDispose]())
    return createPostgresTopicLog(database)
  },
}

for (const [way, open] of Object.entries(WAYS))
  test(`a topic is read whole, with what waits in it, by ${way}`, async (t) => {
    const topic = await open(t)
    const positions = await topic.positions(RAW_TOPIC)
    assert.deepEqual(
      positions.map(({ partition, start }) => [partition, start]),
      [0, 1, 2, 3, 4, 5].map((partition) => [partition, 0n]),
    )
    const waiting = positions.reduce((sum, { start, end, committed }) => sum + (end - (committed ?? start)), 0n)
    assert.equal(waiting, 3n)
    const seen = new Map<number, bigint>()
    let count = 0
    for await (const page of topic.records(RAW_TOPIC))
      for (const { partition, offset } of page) {
        assert.equal(offset, (seen.get(partition) ?? -1n) + 1n)
        seen.set(partition, offset)
        count++
      }
    assert.equal(count, 1_203)
    const asked = [RECEIPTS[0], RECEIPTS[1_199], RECEIPTS[1_200], RECEIPTS[1_202], newReceiptId(Date.now())]
    const answers = await Promise.all(asked.map((receipt) => topic.isWaiting(receipt ?? '')))
    assert.deepEqual(answers, [false, false, true, true, false])
  })
