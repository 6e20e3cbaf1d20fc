import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { newReceiptId } from '@sluice/contract/identifiers'
import { LATENCY_BUCKET_BOUNDS_MS } from '@sluice/contract/latency-buckets'
import { openPool } from '@sluice/runtime/postgres'
import { type TestDatabase, testDatabase } from '@sluice/runtime/testing/test-database'
import type { SettleOutcome, SettleRecord } from './event-store.ts'
import { createEventStore } from './settle-batch.ts'
import { StoreDataError, StoreSystemicError, StoreUnavailableError } from './store-errors.ts'
import { aBatch, anUnreadableRecord, aRecord, repeatOf } from './testing/settle-records.ts'

async function openStore(t: TestContext) {
  const database = await testDatabase(t)
  return { ...database, store: createEventStore({ pool: database.pool, shard: 1 }) }
}

const typesOf = (outcomes: readonly SettleOutcome[]) => outcomes.map((outcome) => outcome.type)

function receiptOf(record: { head: { receiptId: string } | null }): string {
  if (record.head === null) throw new TypeError('no head')
  return record.head.receiptId
}

/** The same event as an older processor judged it, with stricter rules. */
const judgedBad = ({ head, original }: SettleRecord, offset: number): SettleRecord => ({
  type: 'dead_letter',
  partition: 0,
  offset: BigInt(offset),
  head,
  original,
  eventId: null,
  eventType: null,
  reason: 'INVALID_FIELD',
  detail: 'too strict',
  pointer: '/payload',
  stage: 'validate',
})

/** Everything that a second settle of the same batch must leave as it is. */
async function contentsOf({ sql }: TestDatabase) {
  const tables = ['events', 'dead_letters', 'dead_letter_history', 'receipt_aliases', 'rollup_minute', 'rollup_10s']
  const contents: Record<string, unknown> = {}
  for (const table of [...tables, 'balance_minute'])
    contents[table] = await sql(`SELECT row_to_json(x)::text AS line FROM ${table} x ORDER BY 1`)
  contents.positions = await sql(
    'SELECT partition, base, next, stored, dead_lettered, repeats FROM settled_offsets ORDER BY 1',
  )
  return contents
}

const openLetters = ({ sql }: TestDatabase) =>
  sql<{ id: string; state: string; reason: string; attempts: number }>(
    'SELECT id, state, reason, attempts FROM dead_letters ORDER BY source_offset',
  )

const counters = ({ sql }: TestDatabase) =>
  sql('SELECT partition, base, next, stored, dead_lettered, repeats FROM settled_offsets ORDER BY partition')

const balance = async ({ sql }: TestDatabase) =>
  (
    await sql(
      'SELECT sum(stored)::int AS stored, sum(dead_lettered)::int AS dead_lettered, sum(repeats)::int AS repeats FROM balance_minute',
    )
  )[0]

test('stores an event with every column as it was sent', async (t) => {
  const { store, sql } = await openStore(t)
  const record = aRecord({
    offset: 7,
    partition: 3,
    eventId: 'bestellung-ä-1',
    eventType: 'größe.geändert 🎉',
    occurredAt: '2026-05-04T10:00:00.123456+02:00',
    receivedAt: '2026-05-04T08:00:01.500Z',
    extra: ',"trace":{"a":1}',
  })
  assert.deepEqual(await store.settle(aBatch(record)), [{ type: 'stored' }])
  const [row] = await sql(`
    SELECT e.id, tenant_id, event_id, idempotency_key, event_type, schema_version, status, payload::text, extra::text,
           occurred_at = '2026-05-04T08:00:00.123456Z' AS occurred, received_at = '2026-05-04T08:00:01.500Z' AS received,
           encode(fingerprint, 'hex') AS fingerprint, topic, generation, partition, source_offset
    FROM events e JOIN settled_offsets s ON s.id = source_id`)
  assert.deepEqual(row, {
    id: receiptOf(record),
    tenant_id: 'acme',
    event_id: 'bestellung-ä-1',
    idempotency_key: 'key-7',
    event_type: 'größe.geändert 🎉',
    schema_version: 1,
    status: 'stored',
    payload: '{"n": 1}',
    extra: '{"trace": {"a": 1}}',
    occurred: true,
    received: true,
    fingerprint: record.head?.fingerprint,
    topic: 'events.raw',
    generation: 'generation-1',
    partition: 3,
    source_offset: '7',
  })
})

test('keeps numbers as decimals and members with dangerous names', async (t) => {
  const { store, sql } = await openStore(t)
  const payload = '{"a":1.10,"b":12345678901234567890,"c":-0,"d":0.1e-300,"__proto__":{"admin":true},"constructor":1}'
  await store.settle(aBatch(aRecord({ offset: 1, payload })))
  const [row] = await sql<{ payload: string; same: boolean }>(
    'SELECT payload::text, payload = $1::jsonb AS same FROM events',
    [payload],
  )
  assert.equal(row?.same, true)
  assert.match(row?.payload ?? '', /"a": 1\.10,/)
  assert.match(row?.payload ?? '', /"b": 12345678901234567890,/)
  assert.match(row?.payload ?? '', /"__proto__": \{"admin": true\}/)
})

test('settling the same batch again changes nothing, and gives the same outcomes', async (t) => {
  const database = await openStore(t)
  const first = aRecord({ offset: 1 })
  const batch = aBatch(
    first,
    repeatOf(first, 2),
    aRecord({ offset: 3, key: 'key-1', payload: '{"other":true}' }),
    aRecord({ offset: 4, eventType: '' }),
    anUnreadableRecord(5),
    aRecord({ offset: 1, partition: 2, key: 'elsewhere' }),
  )
  const outcomes = await database.store.settle(batch)
  assert.deepEqual(typesOf(outcomes), ['stored', 'repeat', 'dead_letter', 'dead_letter', 'dead_letter', 'stored'])
  const before = await contentsOf(database)
  const again = await database.store.settle(batch)
  assert.deepEqual(
    again,
    outcomes.map((outcome) => (outcome.type === 'dead_letter' ? { ...outcome, new: false } : outcome)),
  )
  assert.deepEqual(await contentsOf(database), before)
})

test('counts each position once, by partition, by tenant and minute, and by event type', async (t) => {
  const database = await openStore(t)
  const first = aRecord({ offset: 10, receivedAt: '2026-05-04T08:00:01.000Z' })
  await database.store.settle(
    aBatch(first, aRecord({ offset: 11, eventType: 'invoice.paid' }), aRecord({ offset: 12, eventType: '' })),
  )
  // The batch overlaps what is settled, as after a rebalance.
  await database.store.settle(aBatch(first, repeatOf(first, 13), aRecord({ offset: 14, tenant: 'other' })))
  assert.deepEqual(await counters(database), [
    { partition: 0, base: '10', next: '15', stored: '3', dead_lettered: '1', repeats: '1' },
  ])
  assert.deepEqual(
    await database.sql(`
      SELECT tenant_id, event_type, sum(stored)::int AS stored, sum(dead_lettered)::int AS dead, sum(repeats)::int AS repeats
      FROM rollup_minute GROUP BY 1, 2 ORDER BY 1, 2`),
    [
      { tenant_id: 'acme', event_type: '', stored: 0, dead: 1, repeats: 0 },
      { tenant_id: 'acme', event_type: 'invoice.paid', stored: 1, dead: 0, repeats: 0 },
      { tenant_id: 'acme', event_type: 'order.created', stored: 1, dead: 0, repeats: 1 },
      { tenant_id: 'other', event_type: 'order.created', stored: 1, dead: 0, repeats: 0 },
    ],
  )
  assert.deepEqual(
    await database.sql(`SELECT stored::int, repeats::int FROM balance_minute WHERE minute = '2026-05-04T08:00:00Z'`),
    [{ stored: 1, repeats: 1 }],
  )
  // One latency for each stored event, in both resolutions.
  assert.deepEqual(
    await database.sql(`
      SELECT (SELECT sum(n)::int FROM rollup_minute, unnest(latency) n) AS minute,
             (SELECT sum(n)::int FROM rollup_10s, unnest(latency) n) AS ten_seconds`),
    [{ minute: 3, ten_seconds: 3 }],
  )
})

test('counts a latency in the bucket whose bound it does not exceed', async (t) => {
  const { store, sql } = await openStore(t)
  // Far past and far future: the last bucket, and the first for clocks that disagree.
  await store.settle(
    aBatch(
      aRecord({ offset: 1, receivedAt: '2020-01-01T00:00:00.000Z' }),
      aRecord({ offset: 2, receivedAt: '2099-01-01T00:00:00.000Z' }),
    ),
  )
  const [row] = await sql<{ latency: number[] }>('SELECT latency FROM rollup_minute')
  assert.equal(row?.latency.length, LATENCY_BUCKET_BOUNDS_MS.length + 1)
  assert.equal(row?.latency.at(-1), 1)
  assert.equal(row?.latency.at(0), 1)
})

test('finds a repeat under another receipt, in the batch and in the table', async (t) => {
  const { store, sql } = await openStore(t)
  const first = aRecord({ offset: 1 })
  const inBatch = repeatOf(first, 2)
  const later = repeatOf(first, 3)
  const sameReceipt = repeatOf(first, 4, receiptOf(first))
  assert.deepEqual(typesOf(await store.settle(aBatch(first, inBatch))), ['stored', 'repeat'])
  assert.deepEqual(typesOf(await store.settle(aBatch(later, sameReceipt))), ['repeat', 'repeat'])
  assert.deepEqual(
    await sql('SELECT receipt_id, stands_for, tenant_id FROM receipt_aliases ORDER BY receipt_id'),
    [receiptOf(inBatch), receiptOf(later)]
      .sort()
      .map((receipt_id) => ({ receipt_id, stands_for: receiptOf(first), tenant_id: 'acme' })),
  )
})

test('gives a repeated dead letter one row, and its other receipt an alias', async (t) => {
  const database = await openStore(t)
  const first = aRecord({ offset: 1, eventType: '' })
  const [one, two] = await database.store.settle(aBatch(first, repeatOf(first, 2)))
  const [three] = await database.store.settle(aBatch(repeatOf(first, 3)))
  assert.ok(one?.type === 'dead_letter' && two?.type === 'dead_letter' && three?.type === 'dead_letter')
  assert.deepEqual([one.new, two.new, three.new], [true, false, false])
  assert.deepEqual([two.deadLetterId, three.deadLetterId], [one.deadLetterId, one.deadLetterId])
  const [row] = await database.sql<{ aliases: string }>(
    'SELECT count(*) AS aliases FROM receipt_aliases WHERE stands_for = $1',
    [receiptOf(first)],
  )
  assert.equal(row?.aliases, '2')
  assert.deepEqual(await balance(database), { stored: 0, dead_lettered: 1, repeats: 2 })
})

test('dead-letters another event under a used key, with the original bytes', async (t) => {
  const { store, sql } = await openStore(t)
  const first = aRecord({ offset: 1, key: 'k' })
  const inBatch = aRecord({ offset: 2, key: 'k', payload: '{"n":2}' })
  const later = aRecord({ offset: 3, key: 'k', payload: '{"n":3}' })
  const [, conflict] = await store.settle(aBatch(first, inBatch))
  const [other] = await store.settle(aBatch(later))
  for (const outcome of [conflict, other]) {
    assert.ok(outcome?.type === 'dead_letter')
    assert.equal(outcome.reason, 'IDEMPOTENCY_CONFLICT')
    assert.equal(outcome.stage, 'store')
    assert.equal(outcome.new, true)
  }
  assert.deepEqual(
    await sql('SELECT receipt_id, original, event_id, event_type FROM dead_letters ORDER BY source_offset'),
    [inBatch, later].map((record) => ({
      receipt_id: receiptOf(record),
      original: record.original,
      event_id: 'event-k',
      event_type: 'order.created',
    })),
  )
  assert.deepEqual(await sql('SELECT id FROM events'), [{ id: receiptOf(first) }])
})

test('dead-letters an event whose receipt belongs to another key', async (t) => {
  const { store } = await openStore(t)
  const first = aRecord({ offset: 1, key: 'a' })
  const [, stranger] = await store.settle(aBatch(first, aRecord({ offset: 2, key: 'b', receipt: receiptOf(first) })))
  assert.ok(stranger?.type === 'dead_letter')
  assert.equal(stranger.reason, 'UNSTORABLE')
})

test('keeps tenants apart that use the same key and the same event id', async (t) => {
  const { store, sql } = await openStore(t)
  const wish = { key: 'same', eventId: 'same' }
  const outcomes = await store.settle(
    aBatch(
      aRecord({ ...wish, offset: 1, tenant: 'acme' }),
      aRecord({ ...wish, offset: 2, tenant: 'umbrella', payload: '{"n":2}' }),
      aRecord({ ...wish, offset: 3, tenant: 'acme-1', eventType: '' }),
    ),
  )
  assert.deepEqual(typesOf(outcomes), ['stored', 'stored', 'dead_letter'])
  assert.deepEqual(await sql('SELECT tenant_id, payload::text FROM events ORDER BY 1'), [
    { tenant_id: 'acme', payload: '{"n": 1}' },
    { tenant_id: 'umbrella', payload: '{"n": 2}' },
  ])
})

test('stores a dead letter whatever its bytes and texts hold', async (t) => {
  const { store, sql } = await openStore(t)
  const hostile = aRecord({ offset: 1, eventType: '' })
  const original = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0x27, 0x5c])
  const record = {
    ...hostile,
    original,
    detail: 'bad \0 \ud800 "text\\',
    pointer: '/a"b\\{}',
    eventId: 'x\0',
    eventType: 'y'.repeat(300),
  }
  const [outcome] = await store.settle(aBatch(record as typeof hostile))
  assert.equal(outcome?.type, 'dead_letter')
  assert.deepEqual(await sql('SELECT original, detail, pointer, event_id, event_type FROM dead_letters'), [
    { original, detail: 'bad ␀ � "text\\', pointer: '/a"b\\{}', event_id: null, event_type: null },
  ])
})

test('tells unreadable records apart by position and bytes', async (t) => {
  const { store, sql } = await openStore(t)
  await store.settle(aBatch(anUnreadableRecord(1, 'same'), anUnreadableRecord(2, 'same')))
  await store.settle(aBatch(anUnreadableRecord(2, 'same')))
  assert.deepEqual(await sql('SELECT original, tenant_id, receipt_id FROM dead_letters'), [
    { original: Buffer.from('same'), tenant_id: null, receipt_id: null },
    { original: Buffer.from('same'), tenant_id: null, receipt_id: null },
  ])
})

test('writes nothing when one row cannot be stored, and says with which SQLSTATE', async (t) => {
  const { store, sql } = await openStore(t)
  const bad = aRecord({ offset: 2 })
  assert.ok(bad.type === 'event')
  // Past the judge on purpose: jsonb has no NUL.
  const poisoned = { ...bad, event: { ...bad.event, payload: Buffer.from('{"a":"\\u0000"}') } }
  await assert.rejects(
    store.settle(aBatch(aRecord({ offset: 1 }), poisoned, aRecord({ offset: 3, eventType: '' }))),
    (error: unknown) => error instanceof StoreDataError && error.sqlState === '22P05' && !error.retryable,
  )
  assert.deepEqual(
    await sql(`SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM dead_letters) + (SELECT count(*) FROM settled_offsets)
               + (SELECT count(*) FROM rollup_minute) + (SELECT count(*) FROM balance_minute) AS rows`),
    [{ rows: '0' }],
  )
})

test('D1: an operator’s trigger that refuses a row is a data error; a missing table is systemic', async (t) => {
  const { store, sql } = await openStore(t)
  await sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`)
  await sql('CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION refuse()')
  await assert.rejects(
    store.settle(aBatch(aRecord({ offset: 1 }))),
    (error: unknown) => error instanceof StoreDataError && error.sqlState === 'P0001',
  )
  await sql('ALTER TABLE events RENAME TO events_away')
  await assert.rejects(
    store.settle(aBatch(aRecord({ offset: 1 }))),
    (error: unknown) => error instanceof StoreSystemicError && error.sqlState === '42P01',
  )
  await assert.rejects(store.ready(), StoreSystemicError)
})

test('says that the store is unavailable when nobody answers', async (t) => {
  const pool = openPool({
    url: 'postgres://nobody@127.0.0.1:1/none',
    max: 1,
    applicationName: 'test',
    statementTimeoutMs: 1_000,
    lockTimeoutMs: 1_000,
    log: { warn: () => {} },
  })
  t.after(() => pool.end())
  const store = createEventStore({ pool, shard: 1 })
  for (const asked of [store.settle(aBatch(aRecord({ offset: 1 }))), store.ready()])
    await assert.rejects(asked, (error: unknown) => error instanceof StoreUnavailableError && error.retryable)
})

test('two stores settling overlapping batches in both orders never deadlock and store each key once', async (t) => {
  const database = await openStore(t)
  const other = createEventStore({ pool: database.pool, shard: 2 })
  const keys = Array.from({ length: 60 }, (_, index) => index)
  for (let round = 0; round < 15; round++) {
    const batchOf = (partition: number, order: number[]) =>
      aBatch(
        ...order.map((index) =>
          aRecord({
            offset: round * 100 + index,
            partition,
            key: `${round}-${index}`,
            eventType: index % 9 === 0 ? '' : 'a',
          }),
        ),
        ...order
          .slice(0, 3)
          .map((index) =>
            aRecord({ offset: round * 100 + index, partition: partition + 3, key: `${round}-x-${index}` }),
          ),
      )
    const outcomes = await Promise.all([
      database.store.settle(batchOf(0, keys)),
      other.settle(batchOf(1, keys.toReversed())),
      database.store.settle(
        batchOf(
          2,
          keys.toSorted((a, b) => (a % 7) - (b % 7)),
        ),
      ),
    ])
    assert.equal(outcomes.flat().length, 189)
  }
  const [rows] = await database.sql<{ rows: number; keys: number }>(
    'SELECT count(*)::int AS rows, count(DISTINCT (tenant_id, idempotency_key))::int AS keys FROM events',
  )
  assert.equal(rows?.rows, rows?.keys)
  const sums = await database.sql<{ gap: string }>(
    'SELECT sum(stored + dead_lettered + repeats) AS counted FROM settled_offsets',
  )
  assert.deepEqual(sums, [{ counted: String(15 * 189) }])
  const [both] = await database.sql(
    `SELECT (SELECT sum(stored) FROM balance_minute) = (SELECT count(*) FROM events) AS stored,
            (SELECT sum(dead_lettered) FROM balance_minute) = (SELECT count(*) FROM dead_letters) AS dead_lettered`,
  )
  assert.deepEqual(both, { stored: true, dead_lettered: true })
})

test('the same batch settled by two stores at once is stored and counted once', async (t) => {
  const database = await openStore(t)
  const other = createEventStore({ pool: database.pool, shard: 2 })
  const batch = aBatch(
    ...Array.from({ length: 100 }, (_, offset) => aRecord({ offset, eventType: offset % 10 ? 'a' : '' })),
  )
  await Promise.all([database.store.settle(batch), other.settle(batch), database.store.settle(batch)])
  assert.deepEqual(await counters(database), [
    { partition: 0, base: '0', next: '100', stored: '90', dead_lettered: '10', repeats: '0' },
  ])
  assert.deepEqual(await balance(database), { stored: 90, dead_lettered: 10, repeats: 0 })
})

test('S15: keeps 1,000 event types of a tenant and minute apart, the rest is other', async (t) => {
  const { store, sql } = await openStore(t)
  for (const part of [0, 1, 2])
    await store.settle(
      aBatch(
        ...Array.from({ length: 600 }, (_, index) =>
          aRecord({ offset: part * 600 + index, eventType: `t${part * 600 + index}` }),
        ),
      ),
    )
  await store.settle(
    aBatch(aRecord({ offset: 9_000, eventType: 't5', key: 'again' }), aRecord({ offset: 9_001, tenant: 'umbrella' })),
  )
  // A minute may have ended on the way; none holds more than its share.
  const minutes = await sql<{ types: number; other: number; stored: number }>(`
    SELECT count(*)::int AS types, sum(stored)::int AS stored FROM rollup_minute WHERE tenant_id = 'acme' GROUP BY bucket`)
  assert.ok(minutes.every(({ types }) => types <= 1_001))
  assert.equal(
    minutes.reduce((sum, { stored }) => sum + stored, 0),
    1_801,
  )
})

test('a dead letter whose event has a row is none', async (t) => {
  const database = await openStore(t)
  const good = aRecord({ offset: 1 })
  await database.store.settle(aBatch(good))
  const bad = judgedBad(good, 2)
  assert.deepEqual(await database.store.settle(aBatch(bad)), [{ type: 'repeat' }])
  assert.deepEqual(await openLetters(database), [])
})

test('storing an event closes its open dead letter, and its receipt leads to the row', async (t) => {
  const database = await openStore(t)
  const good = aRecord({ offset: 2 })
  const bad = judgedBad(good, 1)
  const receipt = newReceiptId(Date.now())
  await database.store.settle(aBatch(bad))
  assert.deepEqual(await database.store.settle(aBatch(repeatOf(good, 2, receipt))), [{ type: 'stored' }])
  const [letter] = await openLetters(database)
  assert.equal(letter?.state, 'redriven')
  assert.deepEqual(await database.sql('SELECT receipt_id, stands_for FROM receipt_aliases'), [
    { receipt_id: receiptOf(good), stands_for: receipt },
  ])
  assert.deepEqual(await balance(database), { stored: 1, dead_lettered: 0, repeats: 1 })
})
