import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { deadLetterKey } from '@sluice/contract/dead-letter-key'
import { RAW_TOPIC } from '@sluice/contract/topics'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import type { SettleRecord } from '../event-store.ts'
import { createEventStore } from '../settle-batch.ts'
import { aBatch, anUnreadableRecord, aRecord, repeatOf } from '../testing/settle-records.ts'
import { findSettledOutcomes, readSettledUpTo, type SettledPosition } from './settled-outcomes.ts'

async function openStore(t: TestContext) {
  const database = await testDatabase(t)
  return { ...database, store: createEventStore({ pool: database.pool, shard: 1 }) }
}

const positionOf = (record: SettleRecord, sourceId: number): SettledPosition => ({
  sourceId,
  offset: record.offset,
  receiptId: record.head?.receiptId ?? null,
  recordKey:
    record.head === null
      ? deadLetterKey({
          topic: RAW_TOPIC,
          partition: record.partition,
          offset: record.offset,
          value: record.original,
        })
      : null,
  redrive: record.redrive ?? null,
})

test('each settled position has the outcome of its own record', async (t) => {
  const { pool, store } = await openStore(t)
  const good = aRecord({ offset: 0 })
  const records = [
    good,
    repeatOf(good, 1),
    // The retry of a request whose answer was lost carries the same receipt.
    repeatOf(good, 2, good.head?.receiptId),
    aRecord({ offset: 3, eventType: '' }),
    anUnreadableRecord(4),
    aRecord({ offset: 5, key: 'key-0', payload: '{"n":2}' }),
  ]
  await store.settle(aBatch(...records))
  const [partition] = await readSettledUpTo(pool, RAW_TOPIC)
  assert.ok(partition)
  assert.deepEqual([partition.base, partition.next], [0n, 6n])
  const outcomes = await findSettledOutcomes(
    pool,
    records.map((record) => positionOf(record, partition.sourceId)),
  )
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.type === 'dead_lettered' ? outcome.reason : outcome.type)),
    ['stored', 'nothing_new', 'nothing_new', 'INVALID_FIELD', 'MALFORMED_RECORD', 'IDEMPOTENCY_CONFLICT'],
  )
  const [stored] = outcomes
  assert.ok(stored?.type === 'stored')
  assert.deepEqual([stored.eventId, stored.eventType], ['event-key-0', 'order.created'])
})

test('a redrive is told as stored or as failed again, and its first failure stays with the first record', async (t) => {
  const { pool, store, sql } = await openStore(t)
  const bad = aRecord({ offset: 0, eventType: '' })
  const [opened] = await store.settle(aBatch(bad))
  assert.ok(opened?.type === 'dead_letter')
  const redriving = (attempt: number) => sql(`UPDATE dead_letters SET state = 'redriving', attempts = $1`, [attempt])
  const again = (offset: number, attempt: number, eventType: string) =>
    aRecord({
      ...{ offset, key: 'key-0', eventType },
      ...(bad.head === null ? {} : { receipt: bad.head.receiptId }),
      redrive: { deadLetterId: opened.deadLetterId, attempt },
    })
  await redriving(1)
  const failing = again(1, 1, '')
  await store.settle(aBatch(failing))
  await redriving(2)
  const mended = again(2, 2, 'order.created')
  await store.settle(aBatch(mended))
  const [partition] = await readSettledUpTo(pool, RAW_TOPIC)
  const outcomes = await findSettledOutcomes(
    pool,
    [bad, failing, mended].map((record) => positionOf(record, partition?.sourceId ?? 0)),
  )
  assert.deepEqual(
    outcomes.map(({ type }) => type),
    ['dead_lettered', 'dead_lettered', 'stored'],
  )
})

test('a topic that was made anew is told by another source, from its own beginning', async (t) => {
  const { pool, store } = await openStore(t)
  await store.settle(aBatch(aRecord({ offset: 7, partition: 1 })))
  const [before] = await readSettledUpTo(pool, RAW_TOPIC)
  await store.settle({ ...aBatch(aRecord({ offset: 0, partition: 1, key: 'other' })), topicGeneration: 'generation-2' })
  const after = await readSettledUpTo(pool, RAW_TOPIC)
  assert.equal(after.length, 1)
  assert.notEqual(after[0]?.sourceId, before?.sourceId)
  assert.deepEqual([after[0]?.base, after[0]?.next], [0n, 1n])
})
