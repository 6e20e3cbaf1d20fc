import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closePool, openPool, withTransaction } from '@sluice/runtime/postgres'
import { eventually } from '@sluice/runtime/testing/eventually'
import { aRecord, groupOf, join, nextBatch, placesOf, take, textOf } from '#src/testing/harness.ts'
import { type LogDatabase, logDatabase, silent } from '#src/testing/log-database.ts'

/** Holds the partition's row, so that every append waits, until it is let go. */
async function holdPartition(database: LogDatabase, topic: string): Promise<() => Promise<void>> {
  const client = await database.pool.connect()
  await client.query('BEGIN')
  await client.query('SELECT 1 FROM log_partitions WHERE topic = $1 FOR UPDATE', [topic])
  let held = true
  const letGo = async () => {
    if (!held) return
    held = false
    await client.query('ROLLBACK')
    client.release()
  }
  database.defer(letGo)
  return letGo
}

const endOf = async (database: LogDatabase, topic: string) => {
  const [row] = await database.sql<{ next_offset: string }>('SELECT next_offset FROM log_partitions WHERE topic = $1', [
    topic,
  ])
  return Number(row?.next_offset)
}

const WAITING_APPEND = `FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%log_append%' AND wait_event_type = 'Lock'`

test('an append without an answer in time is unknown, and may be written all the same', async (t) => {
  const database = await logDatabase(t)
  const topic = await database.testTopic(1)
  const log = database.open({ appendBudgetMs: 300 })
  placesOf(await log.append(topic, []))
  const letGo = await holdPartition(database, topic)
  // Opens a connection beside the holder's: without one in time the append would be refused.
  await log.lag(topic, groupOf(topic))
  const [outcome] = await log.append(topic, [aRecord('x')])
  assert.equal(outcome?.type, 'unknown')
  await letGo()
  await eventually(async () => (await endOf(database, topic)) === 1)
})

test('an append whose connection is lost is unknown', async (t) => {
  const database = await logDatabase(t)
  const topic = await database.testTopic(1)
  const log = database.open()
  await holdPartition(database, topic)
  const appending = log.append(topic, [aRecord('x'), aRecord('y')])
  await eventually(async () => (await database.sql(`SELECT pg_terminate_backend(pid) ${WAITING_APPEND}`)).length > 0)
  assert.deepEqual(
    (await appending).map((outcome) => outcome.type),
    ['unknown', 'unknown'],
  )
})

test('an append that the server gave up is refused, and nothing of it is in the log', async (t) => {
  const database = await logDatabase(t)
  const topic = await database.testTopic(1)
  const limits = { statementTimeoutMs: 1_000, lockTimeoutMs: 30_000 }
  const pool = openPool({ url: database.url, max: 1, applicationName: 'test', ...limits, log: silent })
  database.defer(() => closePool(pool))
  const log = database.open({ pool })
  const letGo = await holdPartition(database, topic)
  const [outcome] = await log.append(topic, [aRecord('x')])
  assert.ok(outcome?.type === 'refused' && outcome.error.code === 'LOG_UNAVAILABLE')
  await letGo()
  // By a log whose server is patient.
  const places = placesOf(await database.open().append(topic, [aRecord('y')]))
  assert.deepEqual(places, [{ type: 'done', partition: 0, offset: 0n }])
})

test('with no server there, appends are refused and everything else says that the log is unavailable', async (t) => {
  const database = await logDatabase(t)
  const url = 'postgres://nobody@127.0.0.1:1/nowhere'
  const limits = { statementTimeoutMs: 1_000, lockTimeoutMs: 1_000 }
  const pool = openPool({ url, max: 1, applicationName: 'test', ...limits, log: silent })
  database.defer(() => closePool(pool))
  const log = database.open({ pool, url })
  const [outcome] = await log.append('test.x', [aRecord('x')])
  assert.equal(outcome?.type, 'refused')
  const unavailable = (error: unknown) =>
    error instanceof Error && error.name === 'LogUnavailableError' && error.cause instanceof Error
  await assert.rejects(log.lag('test.x', 'g'), unavailable)
  await assert.rejects(log.newest('test.x', 1), unavailable)
  await assert.rejects(log.read('test.x', 0, 0n, 1), unavailable)
  await assert.rejects(log.ready(), unavailable)
  await assert.rejects(join(t, log, 'test.x'), unavailable)
  const known = await database.testTopic(1)
  await assert.rejects(join(t, database.open({ url }), known), unavailable)
})

test('a rolled-back append leaves no gap, and readers meet the others in order', async (t) => {
  const database = await logDatabase(t)
  const topic = await database.testTopic(2)
  const log = database.open()
  const rolledBack = withTransaction(database.pool, async (client) => {
    await client.query(`SELECT log_append(array_agg(id ORDER BY id), '{2,1}', NULL, NULL, 'abc', '{1,2,3}', '{1,1,1}')
                          FROM log_partitions WHERE topic = '${topic}'`)
    throw new Error('on purpose')
  })
  const appends = Array.from({ length: 30 }, (_, n) => log.append(topic, [aRecord(`${n}`), aRecord(`${n} too`)]))
  await assert.rejects(rolledBack, /on purpose/)
  const consumer = await join(t, log, topic, { maxRecords: 7 })
  const seen = [0n, 0n]
  for (let count = 0; count < 60; ) {
    const batch = await nextBatch(consumer)
    count += batch.records.length
    for (const { partition, offset } of batch.records) {
      assert.equal(offset, seen[partition])
      seen[partition] = offset + 1n
    }
  }
  await Promise.all(appends)
})

test('appends that lock several partitions in any order of keys do not deadlock', async (t) => {
  const database = await logDatabase(t)
  const topic = await database.testTopic(4)
  const logs = [database.open(), database.open()]
  const keyed = Array.from({ length: 16 }, (_, n) => aRecord(`${n}`, { key: `key ${n}` }))
  const appends = Array.from({ length: 40 }, (_, n) =>
    logs[n % 2]?.append(topic, n % 3 === 0 ? keyed.toReversed() : keyed),
  )
  for (const outcomes of await Promise.all(appends)) placesOf(outcomes ?? [])
})

test('a consumer finds without any notification what was appended, by polling', async (t) => {
  const database = await logDatabase(t)
  const topic = await database.testTopic(1)
  const consumer = await join(t, database.open({ pollMs: 50 }), topic)
  const waiting = nextBatch(consumer)
  await database.sql(
    `SELECT log_append(array_agg(id), '{1}', NULL, NULL, 'x', '{1}', '{1}') FROM log_partitions WHERE topic = $1`,
    [topic],
  )
  assert.deepEqual((await waiting).records.map(textOf), ['x'])
})

test('lag and reading count from the first offset that is still there', async (t) => {
  const database = await logDatabase(t)
  const topic = await database.testTopic(1)
  const log = database.open()
  placesOf(
    await log.append(
      topic,
      ['0', '1', '2', '3', '4'].map((text) => aRecord(text)),
    ),
  )
  const trimTo = (offset: number) =>
    database.sql(
      `WITH p AS (UPDATE log_partitions SET first_offset = $2 WHERE topic = $1 RETURNING id)
       DELETE FROM log_records WHERE partition_id = (SELECT id FROM p) AND record_offset < $2`,
      [topic, offset],
    )
  await trimTo(3)
  const [lag] = await log.lag(topic, groupOf(topic))
  assert.deepEqual([lag?.start, lag?.end, lag?.committed, lag?.lag], [3n, 5n, null, 2n])
  assert.deepEqual((await log.read(topic, 0, 0n, 10)).map(textOf), ['3', '4'])
  const consumer = await join(t, log, topic, { maxRecords: 1 })
  assert.deepEqual((await take(consumer, 1)).map(textOf), ['3'])
  await trimTo(5)
  const [emptied] = await log.lag(topic, groupOf(topic))
  const { start, end, committed, lag: left, oldestWaitingAt } = emptied ?? {}
  assert.deepEqual([start, end, committed, left, oldestWaitingAt], [5n, 5n, 4n, 0n, null])
  assert.deepEqual(await log.newest(topic, 10), [])
  assert.deepEqual(await log.read(topic, 0, 0n, 10), [])
  const waiting = nextBatch(consumer)
  placesOf(await log.append(topic, [aRecord('5')]))
  assert.ok((await waiting).records.length > 0)
})
