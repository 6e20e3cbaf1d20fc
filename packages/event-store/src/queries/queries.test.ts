import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { newReceiptId } from '@sluice/contract/identifiers'
import { openPool } from '@sluice/runtime/postgres'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { forgetOldRollups } from '../forget-rollups.ts'
import { createEventStore } from '../settle-batch.ts'
import { StoreUnavailableError } from '../store-errors.ts'
import { aBatch, anUnreadableRecord, aRecord, repeatOf } from '../testing/settle-records.ts'
import { readBalance, readSettledPartitions } from './balance.ts'
import { encodeCursor, InvalidCursorError } from './cursor.ts'
import { ANY_DEAD_LETTER, type DeadLetterFilter } from './dead-letter-filter.ts'
import { groupDeadLetters } from './dead-letter-groups.ts'
import {
  countDeadLetters,
  countOpenDeadLetters,
  findDeadLetter,
  listDeadLetters,
  readHistories,
} from './list-dead-letters.ts'
import { type EventFilter, listEvents } from './list-events.ts'
import { readOverview } from './overview.ts'
import { countRepeats, findByReceipt, searchByEventId, searchByIdempotencyKey } from './search.ts'
import { readThroughput } from './throughput.ts'
import { readTopEventTypes } from './top-event-types.ts'

const ANY_EVENT: EventFilter = { tenantId: null, eventType: null, since: null, until: null }
const NO_JOB = { edited: null, jobId: null }
const NO_BYTES = { original: false }

async function openStore(t: TestContext) {
  const database = await testDatabase(t)
  return { ...database, store: createEventStore({ pool: database.pool, shard: 1 }) }
}

test('an event is answered with every digit and in the producer’s precision', async (t) => {
  const { pool, store } = await openStore(t)
  const record = aRecord({
    offset: 5,
    partition: 2,
    occurredAt: '2026-05-04T10:00:00.1234567+02:00',
    receivedAt: '2026-05-04T08:00:00.020Z',
    payload: '{"a":1.10,"b":12345678901234567890,"__proto__":{"c":1}}',
    extra: ',"x":0.10',
  })
  await store.settle(aBatch(record, aRecord({ offset: 6, occurredAt: '2026-05-04T10:00:00.25Z' })))
  const { events } = await searchByEventId(pool, 'acme', 'event-key-5')
  const [event] = events
  assert.ok(event)
  assert.match(event.processedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual(event, {
    receiptId: record.head?.receiptId,
    tenantId: 'acme',
    eventId: 'event-key-5',
    idempotencyKey: 'key-5',
    eventType: 'order.created',
    schemaVersion: 1,
    occurredAt: '2026-05-04T08:00:00.123456Z',
    receivedAt: '2026-05-04T08:00:00.020Z',
    processedAt: event.processedAt,
    status: 'stored',
    payload: '{"a": 1.10, "b": 12345678901234567890, "__proto__": {"c": 1}}',
    extra: '{"x": 0.10}',
    fingerprint: record.head?.fingerprint,
    source: { topic: 'events.raw', partition: 2, offset: 5n },
  })
  const other = await searchByIdempotencyKey(pool, 'acme', 'key-6')
  assert.equal(other.events[0]?.occurredAt, '2026-05-04T10:00:00.250Z')
  assert.equal(other.events[0]?.extra, null)
})

test('pages through all events newest first, whoever sent them, without gap or repeat', async (t) => {
  const { pool, store } = await openStore(t)
  const expected: string[] = []
  for (const batch of [0, 1, 2]) {
    const records = ['a', 'b', 'c'].flatMap((tenant, at) =>
      [0, 1, 2].map((n) =>
        aRecord({ tenant, offset: batch * 100 + at * 10 + n, eventType: n === 2 ? 'rare' : 'often' }),
      ),
    )
    await store.settle(aBatch(...records))
    // Rows of one batch have one time of storage: the receipt decides among them.
    expected.unshift(
      ...records
        .map((record) => record.head?.receiptId ?? '')
        .sort()
        .reverse(),
    )
  }
  const pageThrough = async (filter: EventFilter, limit: number) => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await listEvents(pool, filter, { cursor, limit })
      assert.ok(page.rows.length <= limit)
      seen.push(...page.rows.map((row) => row.receiptId))
      cursor = page.nextCursor
    } while (cursor !== null)
    return seen
  }
  assert.deepEqual(await pageThrough(ANY_EVENT, 4), expected)
  assert.deepEqual(await pageThrough(ANY_EVENT, 9), expected)
  assert.equal((await pageThrough({ ...ANY_EVENT, tenantId: 'b' }, 2)).length, 9)
  assert.equal((await pageThrough({ ...ANY_EVENT, eventType: 'rare' }, 2)).length, 9)
  assert.equal((await pageThrough({ ...ANY_EVENT, tenantId: 'b', eventType: 'rare' }, 2)).length, 3)
  assert.deepEqual(await pageThrough({ ...ANY_EVENT, tenantId: 'nobody' }, 2), [])
  const { rows } = await listEvents(pool, { ...ANY_EVENT, tenantId: 'b' }, { cursor: null, limit: 200 })
  assert.ok(rows.every((row) => row.tenantId === 'b'))
})

test('filters events by the time of storage', async (t) => {
  const { pool, store, sql } = await openStore(t)
  await store.settle(aBatch(aRecord({ offset: 1 }), aRecord({ offset: 2 })))
  await sql(`UPDATE events SET processed_at = '2026-05-04T08:00:00Z' WHERE source_offset = 1`)
  const at = new Date('2026-05-04T08:00:00Z')
  const count = async (filter: Partial<EventFilter>) =>
    (await listEvents(pool, { ...ANY_EVENT, ...filter }, { cursor: null, limit: 10 })).rows.length
  assert.equal(await count({ until: at }), 0)
  assert.equal(await count({ since: at, until: new Date(at.getTime() + 1) }), 1)
  assert.equal(await count({ since: new Date(at.getTime() + 1) }), 1)
})

test('S9: refuses a cursor that no list gave out, and takes texts that no row can hold', async (t) => {
  const { pool } = await openStore(t)
  const id = newReceiptId(Date.now())
  const forged = [
    '',
    'x',
    'bm9uZQ',
    encodeCursor({ micros: '1e9', id }),
    encodeCursor({ micros: '1', id: `${id}'` }),
    'a'.repeat(9_999),
  ]
  for (const cursor of forged) {
    await assert.rejects(listEvents(pool, ANY_EVENT, { cursor, limit: 10 }), InvalidCursorError)
    await assert.rejects(
      listDeadLetters(pool, ANY_DEAD_LETTER, { cursor, limit: 10, include: NO_BYTES }),
      InvalidCursorError,
    )
  }
  const fine = encodeCursor({ micros: '9999999999999999', id })
  assert.deepEqual(await listEvents(pool, { ...ANY_EVENT, eventType: 'a\0' }, { cursor: fine, limit: 10 }), {
    rows: [],
    nextCursor: null,
  })
  assert.deepEqual(await searchByEventId(pool, 'acme', 'a\0b'), { events: [], deadLetters: [] })
})

test('finds a receipt where its event is: row, dead letter, repeat of either, and after a dead letter was closed', async (t) => {
  const { pool, store, sql } = await openStore(t)
  const stored = aRecord({ offset: 1 })
  const storedAgain = repeatOf(stored, 2)
  const failed = aRecord({ offset: 3, key: 'k', eventType: '' })
  const failedAgain = repeatOf(failed, 4)
  const outcomes = await store.settle(aBatch(stored, storedAgain, failed, failedAgain))
  const find = (record: typeof stored, tenant: string | null = 'acme') =>
    findByReceipt(pool, record.head?.receiptId ?? '', tenant)
  for (const record of [stored, storedAgain]) {
    const found = await find(record)
    assert.equal(found?.receiptId, stored.head?.receiptId)
    assert.equal(found?.event?.receiptId, stored.head?.receiptId)
    assert.equal(found?.deadLetter, null)
  }
  for (const record of [failed, failedAgain]) {
    const found = await find(record)
    assert.equal(found?.receiptId, failed.head?.receiptId)
    assert.equal(found?.event, null)
    assert.deepEqual(found?.deadLetter?.original, failed.original)
  }
  for (const record of [stored, storedAgain, failed, failedAgain]) assert.equal(await find(record, 'umbrella'), null)
  assert.equal(await findByReceipt(pool, newReceiptId(Date.now()), null), null)

  // The producer sent it mended under the same key, and only then the dead letter was redriven.
  const [, , letter] = outcomes
  assert.ok(letter?.type === 'dead_letter')
  const mended = aRecord({ offset: 5, key: 'k' })
  await store.settle(aBatch(mended))
  await sql(`UPDATE dead_letters SET state = 'redriving'`)
  const redrive = { deadLetterId: letter.deadLetterId, attempt: 1 }
  await store.settle(aBatch({ ...repeatOf(mended, 6, failed.head?.receiptId), redrive }))
  for (const record of [failed, failedAgain]) {
    const found = await find(record)
    assert.equal(found?.event?.receiptId, mended.head?.receiptId)
    assert.equal(found?.deadLetter?.state, 'redriven')
  }
})

test('lists dead letters newest first by any filter, without their bytes unless asked', async (t) => {
  const { pool, store, sql } = await openStore(t)
  await store.settle(
    aBatch(aRecord({ offset: 1, eventType: '' }), aRecord({ offset: 2, tenant: 'umbrella', payload: '7' })),
  )
  await store.settle(aBatch(anUnreadableRecord(3), aRecord({ offset: 4, eventType: '', eventId: '100%_\\' })))
  await sql(`UPDATE dead_letters SET state = 'dismissed' WHERE source_offset = 2`)
  const list = async (filter: Partial<DeadLetterFilter>, limit = 10) => {
    const seen: bigint[] = []
    let cursor: string | null = null
    do {
      const page = await listDeadLetters(pool, { ...ANY_DEAD_LETTER, ...filter }, { cursor, limit, include: NO_BYTES })
      assert.ok(page.rows.every((row) => row.original === null))
      seen.push(...page.rows.map((row) => row.source.offset))
      cursor = page.nextCursor
    } while (cursor !== null)
    return seen
  }
  const all = await list({})
  assert.deepEqual([...all].sort(), [1n, 2n, 3n, 4n])
  assert.ok(all.indexOf(3n) < all.indexOf(1n) && all.indexOf(4n) < all.indexOf(2n))
  assert.deepEqual(await list({}, 1), all)
  assert.deepEqual(await list({ state: 'dismissed' }), [2n])
  assert.deepEqual(await list({ reason: 'MALFORMED_RECORD' }), [3n])
  assert.deepEqual(await list({ pointer: '/payload' }), [2n])
  assert.deepEqual(await list({ tenantId: 'umbrella' }), [2n])
  assert.deepEqual(await list({ tenantId: 'acme', eventId: 'event-key-1' }), [1n])
  assert.deepEqual(await list({ eventType: 'order.created' }), [2n])
  assert.deepEqual(await list({ text: '100%_\\' }), [4n])
  assert.deepEqual(await list({ text: '100%\\' }), [])
  assert.deepEqual(await list({ text: 'KEY-1' }), [1n])
  assert.deepEqual(await list({ text: '\0' }), [])
  const page = await listDeadLetters(
    pool,
    { ...ANY_DEAD_LETTER, reason: 'MALFORMED_RECORD' },
    { cursor: null, limit: 1, include: { original: true } },
  )
  assert.deepEqual(page.rows[0]?.original, Buffer.from('garbage 3'))
  for (const filter of [
    {},
    { state: 'dismissed' },
    { pointer: '' },
    { text: 'KEY-1' },
    { tenantId: 'acme' },
  ] as const) {
    const expected = await list(filter)
    assert.deepEqual(await countDeadLetters(pool, { ...ANY_DEAD_LETTER, ...filter }), {
      count: expected.length,
      exact: true,
    })
    assert.equal((await groupDeadLetters(pool, { ...ANY_DEAD_LETTER, ...filter }, 10)).total, expected.length)
  }
  assert.deepEqual(await list({ pointer: '' }), [3n])
  assert.deepEqual(await countOpenDeadLetters(pool, null), { count: 3, exact: true })
  assert.deepEqual(await countOpenDeadLetters(pool, 'umbrella'), { count: 0, exact: true })
})

test('finds dead letters by any part of their texts along the index of trigrams, and none across two texts', async (t) => {
  const { pool, store } = await openStore(t)
  await store.settle(aBatch(aRecord({ offset: 0, key: 'order-4711', eventType: '', eventId: 'Écran-9' })))
  const found = async (text: string) => (await countDeadLetters(pool, { ...ANY_DEAD_LETTER, text })).count
  assert.deepEqual(await Promise.all(['4711', 'ORDER-47', 'cran-9'].map(found)), [1, 1, 1])
  assert.deepEqual(await Promise.all(['4712', '9order', 'an-9\u001f'].map(found)), [0, 0, 1])
  const client = await pool.connect()
  await client.query('SET enable_seqscan = off')
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN SELECT FROM dead_letters n
     WHERE dead_letter_text(n.event_id, n.event_type, n.idempotency_key, n.pointer, n.detail) ILIKE '%4711%'`,
  )
  client.release(true)
  assert.match(rows.map((row) => row['QUERY PLAN']).join('\n'), /dead_letters_text/)
})

test('groups what failed alike, the largest first, with its tenants', async (t) => {
  const { pool, store, sql } = await openStore(t)
  await store.settle(
    aBatch(
      ...[1, 2, 3].map((offset) => aRecord({ offset, eventType: '' })),
      aRecord({ offset: 4, eventType: '', tenant: 'umbrella' }),
      aRecord({ offset: 5, payload: '7' }),
      anUnreadableRecord(6),
    ),
  )
  await sql(
    `UPDATE dead_letters SET failed_at = timestamptz '2026-05-04T10:00:00Z' + source_offset * interval '1 second', first_failed_at = '2026-05-04T09:00:00Z'`,
  )
  await sql(`UPDATE dead_letters SET state = 'dismissed' WHERE source_offset = 3`)
  const [newest] = await sql<{ id: string }>('SELECT id FROM dead_letters WHERE source_offset = 4')
  const { groups, groupCount, total } = await groupDeadLetters(pool, { ...ANY_DEAD_LETTER, state: 'open' }, 2)
  assert.deepEqual([groupCount, total, groups.length], [3, 5, 2])
  assert.deepEqual(groups[0], {
    reason: 'INVALID_FIELD',
    pointer: '/event_type',
    count: 3,
    firstSeen: new Date('2026-05-04T09:00:00Z'),
    lastSeen: new Date('2026-05-04T10:00:04Z'),
    tenants: [
      { tenantId: 'acme', count: 2 },
      { tenantId: 'umbrella', count: 1 },
    ],
    tenantCount: 2,
    exampleId: newest?.id,
  })
  const all = await groupDeadLetters(pool, ANY_DEAD_LETTER, 10)
  assert.deepEqual(
    all.groups.map(({ reason, pointer, count }) => [reason, pointer, count]),
    [
      ['INVALID_FIELD', '/event_type', 4],
      ['INVALID_FIELD', '/payload', 1],
      ['MALFORMED_RECORD', null, 1],
    ],
  )
  assert.deepEqual(await groupDeadLetters(pool, { ...ANY_DEAD_LETTER, tenantId: 'nobody' }, 10), {
    groups: [],
    groupCount: 0,
    total: 0,
  })
})

test('groups by the whole of a pointer that is too long for an index, and tells none from an empty one', async (t) => {
  const { pool, store, sql } = await openStore(t)
  await store.settle(aBatch(...[1, 2, 3, 4, 5].map((offset) => aRecord({ offset, eventType: '' }))))
  const long = `/payload/${'é'.repeat(900)}`
  const pointers = [`${long}/a`, `${long}/b`, `${long}/b`, '', null]
  for (const [index, pointer] of pointers.entries())
    await sql('UPDATE dead_letters SET pointer = $1 WHERE source_offset = $2', [pointer, index + 1])
  const { groups } = await groupDeadLetters(pool, ANY_DEAD_LETTER, 10)
  const counts = new Map(groups.map(({ pointer, count }) => [pointer, count]))
  assert.deepEqual(
    counts,
    new Map<string | null, number>([
      [`${long}/b`, 2],
      ['', 1],
      [`${long}/a`, 1],
      [null, 1],
    ]),
  )
})

test('tells the histories of many dead letters apart, each oldest first', async (t) => {
  const { pool, store, sql } = await openStore(t)
  const outcomes = await store.settle(aBatch(...[1, 2, 3].map((offset) => aRecord({ offset, payload: '7' }))))
  const ids = outcomes.flatMap((outcome) => (outcome.type === 'dead_letter' ? [outcome.deadLetterId] : []))
  const [first, second] = ids
  assert.ok(first && second && ids.length === 3)
  await sql(
    `INSERT INTO dead_letter_history (dead_letter_id, at, what, by, note) VALUES
     ($1, '2026-05-04T10:00:02Z', 'failed_again', 'processor', NULL), ($1, '2026-05-04T10:00:01Z', 'redriven', 'ada', 'again'),
     ($2, '2026-05-04T10:00:03Z', 'dismissed', 'bob', 'a test')`,
    [first, second],
  )
  assert.deepEqual(
    await readHistories(pool, ids),
    new Map([
      [
        first,
        [
          { at: '2026-05-04T10:00:01.000Z', what: 'redriven', by: 'ada', note: 'again', ...NO_JOB },
          { at: '2026-05-04T10:00:02.000Z', what: 'failed_again', by: 'processor', note: null, ...NO_JOB },
        ],
      ],
      [second, [{ at: '2026-05-04T10:00:03.000Z', what: 'dismissed', by: 'bob', note: 'a test', ...NO_JOB }]],
    ]),
  )
})

test('answers one dead letter whole, to its own tenant only', async (t) => {
  const { pool, store } = await openStore(t)
  const record = aRecord({ offset: 1, eventType: '', receivedAt: '2026-05-04T08:00:00.020Z' })
  const [outcome] = await store.settle(aBatch(record))
  assert.ok(outcome?.type === 'dead_letter')
  const found = await findDeadLetter(pool, outcome.deadLetterId, 'acme')
  assert.ok(found)
  assert.deepEqual(found, {
    deadLetter: {
      id: outcome.deadLetterId,
      state: 'open',
      reason: 'INVALID_FIELD',
      detail: outcome.detail,
      pointer: '/event_type',
      stage: 'validate',
      failedAt: found.deadLetter.failedAt,
      firstFailedAt: found.deadLetter.failedAt,
      closedAt: null,
      attempt: 1,
      tenantId: 'acme',
      receiptId: record.head?.receiptId,
      receivedAt: '2026-05-04T08:00:00.020Z',
      idempotencyKey: 'key-1',
      eventId: 'event-key-1',
      eventType: null,
      fingerprint: record.head?.fingerprint,
      source: { topic: 'events.raw', partition: 0, offset: 1n },
      original: record.original,
    },
    history: [],
  })
  assert.equal(await findDeadLetter(pool, outcome.deadLetterId, 'umbrella'), null)
  assert.equal(await findDeadLetter(pool, newReceiptId(0), null), null)
})

test('overview, top types and throughput count what was settled, by tenant', async (t) => {
  const { pool, store, sql } = await openStore(t)
  assert.deepEqual((await readOverview(pool, null)).endToEndMs, null)
  assert.deepEqual((await readTopEventTypes(pool, { minutes: 60, limit: 3, tenantId: null })).types, [])
  const first = aRecord({ offset: 1, eventType: 'a', receivedAt: new Date(Date.now() - 400).toISOString() })
  await store.settle(
    aBatch(
      first,
      repeatOf(first, 2),
      aRecord({ offset: 3, eventType: 'a' }),
      aRecord({ offset: 4, eventType: 'b', tenant: 'umbrella' }),
      aRecord({ offset: 5, eventType: 'c' }),
      aRecord({ offset: 6, eventType: '' }),
    ),
  )
  const { asOf, endToEndMs, ...numbers } = await readOverview(pool, null)
  assert.deepEqual(numbers, { storedLast1m: 4, storedLast5m: 4, deadLetteredLast5m: 1, repeatsLast5m: 1 })
  assert.ok(endToEndMs !== null && endToEndMs.p50 > 10 && endToEndMs.p99 >= 400)
  assert.ok(Math.abs(asOf.getTime() - Date.now()) < 60_000)
  assert.equal((await readOverview(pool, 'umbrella')).storedLast5m, 1)

  const top = await readTopEventTypes(pool, { minutes: 60, limit: 2, tenantId: null })
  assert.deepEqual(top.types, [
    { eventType: 'a', count: 2, share: 0.5 },
    { eventType: 'b', count: 1, share: 0.25 },
  ])
  assert.ok(top.since.getTime() <= asOf.getTime() - 3_600_000)
  assert.deepEqual((await readTopEventTypes(pool, { minutes: 60, limit: 5, tenantId: 'umbrella' })).types, [
    { eventType: 'b', count: 1, share: 1 },
  ])

  const minutes = await readThroughput(pool, { minutes: 3, tenantId: null })
  assert.deepEqual(
    minutes.map(({ complete }) => complete),
    [true, true, false],
  )
  assert.equal(
    minutes.reduce((sum, { stored }) => sum + stored, 0),
    4,
  )
  assert.equal(
    minutes.reduce((sum, { deadLettered }) => sum + deadLettered, 0),
    1,
  )
  assert.equal(minutes[0]?.endToEndMs, null)

  // What is older than a minute leaves the first number, what is older than 24 h the top types.
  await sql(`UPDATE rollup_10s SET bucket = bucket - interval '2 minutes'`)
  await sql(`UPDATE rollup_minute SET bucket = bucket - interval '25 hours'`)
  const later = await readOverview(pool, null)
  assert.deepEqual([later.storedLast1m, later.storedLast5m], [0, 4])
  assert.deepEqual((await readTopEventTypes(pool, { minutes: 1_440, limit: 2, tenantId: null })).types, [])
})

test('the balance says what became of each accepted record and position', async (t) => {
  const { pool, store } = await openStore(t)
  const receivedAt = new Date(Date.now() - 60_000).toISOString()
  const first = aRecord({ offset: 100, receivedAt })
  await store.settle(aBatch(first, repeatOf(first, 101), aRecord({ offset: 102, eventType: '', receivedAt })))
  const total = { stored: 1, deadLettered: 1, repeats: 1 }
  const minutes = await readBalance(pool, { minutes: 60, tenantId: 'acme' })
  assert.deepEqual(
    minutes.map(({ minute: _, ...counts }) => counts),
    [total],
  )
  assert.equal(minutes[0]?.minute.getTime(), Math.floor(Date.parse(receivedAt) / 60_000) * 60_000)
  assert.deepEqual(await readBalance(pool, { minutes: 60, tenantId: 'umbrella' }), [])
  const [partition] = await readSettledPartitions(pool, 'events.raw')
  assert.ok(partition)
  const { settledAt: _, ...position } = partition
  assert.deepEqual(position, {
    topicGeneration: 'generation-1',
    partition: 0,
    base: 100n,
    next: 103n,
    stored: 1n,
    deadLettered: 1n,
    repeats: 1n,
  })
})

test('forgets the rollup of 10 s after its hour, and nothing else', async (t) => {
  const { pool, store, sql } = await openStore(t)
  await store.settle(aBatch(aRecord({ offset: 1 })))
  assert.equal(await forgetOldRollups(pool), 0)
  await sql(`UPDATE rollup_10s SET bucket = bucket - interval '2 hours'`)
  await store.settle(aBatch(aRecord({ offset: 2 })))
  assert.equal(await forgetOldRollups(pool), 1)
  assert.deepEqual(await sql('SELECT count(*)::int AS left FROM rollup_10s'), [{ left: 1 }])
})

test('every query says that the store is unavailable when nobody answers', async (t) => {
  const pool = openPool({
    url: 'postgres://nobody@127.0.0.1:1/none',
    max: 1,
    applicationName: 'test',
    statementTimeoutMs: 1_000,
    lockTimeoutMs: 1_000,
    log: { warn: () => {} },
  })
  t.after(() => pool.end())
  const id = newReceiptId(0)
  const question = { minutes: 1, limit: 1, tenantId: null }
  const asked = [
    () => listEvents(pool, ANY_EVENT, { cursor: null, limit: 1 }),
    () => listDeadLetters(pool, ANY_DEAD_LETTER, { cursor: null, limit: 1, include: NO_BYTES }),
    () => findDeadLetter(pool, id, null),
    () => findByReceipt(pool, id, null),
    () => searchByEventId(pool, 'a', 'b'),
    () => countOpenDeadLetters(pool, null),
    () => groupDeadLetters(pool, ANY_DEAD_LETTER, 1),
    () => countRepeats(pool, id),
    () => readOverview(pool, null),
    () => readTopEventTypes(pool, question),
    () => readThroughput(pool, question),
    () => readBalance(pool, question),
    () => readSettledPartitions(pool, 'events.raw'),
    () => forgetOldRollups(pool),
  ]
  for (const ask of asked) await assert.rejects(ask, StoreUnavailableError)
})
