import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { decodeDeadLetterHeaders } from '@sluice/contract/dead-letter'
import { DLQ_TOPIC, RAW_TOPIC } from '@sluice/contract/topics'
import { type AppendRecord, type EventLog, LogUnavailableError } from '@sluice/event-log'
import { createMemoryEventLog } from '@sluice/event-log/memory'
import { createEventStore } from '@sluice/event-store/settle-batch'
import { systemClock } from '@sluice/runtime/clock'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { announceJudged, settleJudged } from './settle-records.ts'
import { refuseEventsOfType } from './testing/database.ts'
import { aBody, aJudgedBatch, aLogRecord, anAccepted } from './testing/records.ts'

async function setUp(t: TestContext, { maxRecordBytes }: { maxRecordBytes?: number } = {}) {
  const database = await testDatabase(t)
  const limit = maxRecordBytes === undefined ? {} : { maxRecordBytes }
  const eventLog = createMemoryEventLog({ topics: { [RAW_TOPIC]: 1, [DLQ_TOPIC]: 1 }, ...limit })
  const store = createEventStore({ pool: database.pool, shard: 0 })
  const parts = { store, eventLog, clock: systemClock }
  const rows = async (table: string) => {
    const [row] = await database.sql<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)
    return row?.n
  }
  const announced = () => eventLog.read(DLQ_TOPIC, 0, 0n, 1_000)
  return { ...database, parts, rows, announced }
}

const batchOf = (records: readonly Pick<AppendRecord, 'value'>[]) =>
  aJudgedBatch(records.map(({ value }, offset) => aLogRecord(value, { offset })))

const broken = (key: string) => anAccepted(key, aBody({ event_type: undefined }))
const bad = (key: string) => anAccepted(key, aBody({ event_id: `event-${key}`, event_type: 'bad.event' }))

test('a batch is sorted by partition and offset, whatever the order in which it was read', () => {
  const at = (partition: number, offset: number) => aLogRecord(anAccepted('k').value, { partition, offset })
  const batch = aJudgedBatch([at(2, 1), at(0, 9), at(2, 0)])
  assert.deepEqual(
    batch.records.map(({ partition, offset }) => [partition, offset]),
    [
      [0, 9n],
      [2, 0n],
      [2, 1n],
    ],
  )
})

test('a dead letter is in its topic before it has a row', async (t) => {
  const { parts, rows, announced } = await setUp(t)
  const batch = batchOf([anAccepted('a'), broken('b')])

  await announceJudged(parts, batch)
  assert.equal(await rows('dead_letters'), 0)
  const [record] = await announced()
  assert.deepEqual(record?.value, batch.records[1]?.original)
  const facts = decodeDeadLetterHeaders(record?.headers ?? {})
  assert.deepEqual([facts?.reason, facts?.attempt, facts?.source.offset], ['MISSING_FIELD', 1, 1n])

  const settled = await settleJudged(parts, batch)
  assert.deepEqual(
    settled.map(({ outcome }) => outcome.type),
    ['stored', 'dead_letter'],
  )
  assert.equal(await rows('dead_letters'), 1)
  assert.equal((await announced()).length, 1, 'told once, not again by settling')
})

test('a conflict that the transaction finds is announced after it, and again when the batch is read again', async (t) => {
  const { parts, rows, announced } = await setUp(t)
  const batch = batchOf([anAccepted('a'), anAccepted('a', aBody({ payload: { n: 2 } }))])

  await announceJudged(parts, batch)
  assert.equal((await announced()).length, 0, 'judging cannot know it')
  await settleJudged(parts, batch)
  const [record] = await announced()
  assert.equal(decodeDeadLetterHeaders(record?.headers ?? {})?.reason, 'IDEMPOTENCY_CONFLICT')
  assert.deepEqual(record?.value, batch.records[1]?.original)

  await settleJudged(parts, batch)
  const [first, second, ...more] = await announced()
  assert.equal(first?.key, second?.key)
  assert.equal(more.length, 0)
  assert.deepEqual([await rows('events'), await rows('dead_letters')], [1, 1])
})

for (const { badOnes, stored } of [
  { badOnes: [137], stored: 199 },
  { badOnes: [0, 99, 199], stored: 197 },
  { badOnes: Array.from({ length: 200 }, (_, index) => index), stored: 0 },
]) {
  test(`D1: of 200 records with ${badOnes.length} that cannot be stored ${stored} are stored`, async (t) => {
    const { parts, rows, announced, sql } = await setUp(t)
    await refuseEventsOfType(sql, 'bad.event')
    const isBad = new Set(badOnes)
    const batch = batchOf(
      Array.from({ length: 200 }, (_, index) => (isBad.has(index) ? bad(`k${index}`) : anAccepted(`k${index}`))),
    )

    const settled = await settleJudged(parts, batch)

    assert.equal(await rows('events'), stored)
    const deadLetters = await sql<{ at: number; reason: string; key: string }>(
      'SELECT source_offset::int AS at, reason, idempotency_key AS key FROM dead_letters ORDER BY source_offset',
    )
    assert.deepEqual(
      deadLetters,
      badOnes.map((at) => ({ at, reason: 'UNSTORABLE', key: `k${at}` })),
    )
    assert.deepEqual(
      (await announced()).map(({ value }) => value.toString('latin1')).sort(),
      badOnes.map((at) => Buffer.from(batch.records[at]?.original ?? []).toString('latin1')).sort(),
    )
    assert.deepEqual(
      settled.flatMap(({ outcome }, at) => (outcome.type === 'dead_letter' ? [at] : [])),
      badOnes,
      'outcomes keep the order of the records',
    )
  })
}

for (const type of ['refused', 'unknown'] as const) {
  test(`R23: nothing is settled while the append of a dead letter is ${type}`, async (t) => {
    const { parts, rows, sql } = await setUp(t)
    await refuseEventsOfType(sql, 'bad.event')
    const append: EventLog['append'] = async (_, records) =>
      records.map(() => ({ type, error: new LogUnavailableError('away') }))
    const away = { ...parts, eventLog: { append } }

    await assert.rejects(announceJudged(away, batchOf([broken('a')])), LogUnavailableError)
    await assert.rejects(settleJudged(away, batchOf([bad('b')])), LogUnavailableError)
    assert.deepEqual([await rows('events'), await rows('dead_letters')], [0, 0])
  })
}

test('R23: a dead letter too large for its topic is told by length and digest, its neighbours whole', async (t) => {
  const { parts, announced } = await setUp(t, { maxRecordBytes: 2_000 })
  const large = Buffer.alloc(4_000, 'x')
  await announceJudged(parts, batchOf([{ value: large }, broken('b')]))
  const byOffset = new Map(
    (await announced()).map((record) => [decodeDeadLetterHeaders(record.headers)?.source.offset, record]),
  )
  assert.equal(byOffset.size, 2)
  const short = byOffset.get(0n)
  assert.equal(short?.value.length, 0)
  assert.equal(short?.headers['sluice-value-length'], '4000')
  assert.equal(short?.headers['sluice-value-sha256'], createHash('sha256').update(large).digest('hex'))
  assert.notEqual(byOffset.get(1n)?.value.length, 0)
})

test('a redrive that fails again counts as its next attempt', async (t) => {
  const { parts, announced } = await setUp(t)
  const headers = { 'sluice-dead-letter-id': '01890a5d-ac96-774b-bcce-b302099a8057', 'sluice-attempt': '2' }
  const records = [aLogRecord(broken('a').value, { headers })]
  await announceJudged(parts, aJudgedBatch(records))
  const [record] = await announced()
  assert.equal(decodeDeadLetterHeaders(record?.headers ?? {})?.attempt, 3)
})
