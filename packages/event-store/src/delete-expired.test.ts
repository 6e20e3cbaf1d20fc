import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { deleteExpired, type Expired } from './delete-expired.ts'
import { foldRollups } from './fold-rollups.ts'
import { createEventStore } from './settle-batch.ts'
import { aBatch, anUnreadableRecord, aRecord, repeatOf } from './testing/settle-records.ts'

const DAY_MS = 86_400_000
const RETENTION = { eventsMs: 30 * DAY_MS, deadLettersMs: 14 * DAY_MS, auditMs: 365 * DAY_MS }
const NOTHING: Expired = {
  events: 0,
  dead_letters: 0,
  receipt_aliases: 0,
  rollup_minute: 0,
  rollup_totals: 0,
  rollup_hour: 0,
  balance_minute: 0,
  redrive_items: 0,
  redrive_jobs: 0,
  audit: 0,
}

/** The id of a receipt that is so many days old. */
function receiptOf(daysAgo: number, nth: number): string {
  const time = (Date.now() - daysAgo * DAY_MS).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${String(nth).padStart(12, '0')}`
}

async function setUp(t: TestContext) {
  const database = await testDatabase(t)
  const store = createEventStore({ pool: database.pool, shard: 0 })
  /** Lets everything that is stored by now have happened so many days ago. */
  const age = async (days: number) => {
    const back = `- interval '${days} days'`
    await database.sql(`UPDATE events SET processed_at = processed_at ${back}`)
    await database.sql(
      `UPDATE dead_letters SET failed_at = failed_at ${back}, first_failed_at = first_failed_at ${back}, closed_at = closed_at ${back}`,
    )
    await database.sql(`UPDATE receipt_aliases SET seen_at = seen_at ${back}`)
    await database.sql(`UPDATE rollup_minute SET bucket = bucket ${back}`)
    await database.sql(`UPDATE balance_minute SET minute = minute ${back}`)
  }
  const keysOf = async (table: 'events' | 'dead_letters') =>
    (await database.sql<{ key: string }>(`SELECT idempotency_key AS key FROM ${table} ORDER BY 1`)).map(
      ({ key }) => key,
    )
  return { ...database, store, age, keysOf }
}

test('what is old goes, of every tenant, and what is young stays', async (t) => {
  const { pool, store, age, keysOf, sql } = await setUp(t)
  const tenants = ['acme', 'beta', 'corp']
  const old = tenants.map((tenant, offset) => aRecord({ offset, tenant, key: 'old' }))
  // In one batch, which has one time: the numbers of two may stand in two minutes.
  await store.settle(aBatch(...old, repeatOf(old[0] as (typeof old)[0], 3, receiptOf(31, 1))))
  await age(31)
  const young = tenants.map((tenant, nth) => aRecord({ offset: 4 + nth, tenant, key: 'young' }))
  await store.settle(aBatch(...young, repeatOf(young[0] as (typeof young)[0], 7)))

  const { deleted, more } = await deleteExpired(pool, RETENTION)
  assert.deepEqual(deleted, { ...NOTHING, events: 3, receipt_aliases: 1, rollup_minute: 3, balance_minute: 3 })
  assert.equal(more, false)
  assert.deepEqual(await keysOf('events'), ['young', 'young', 'young'])
  assert.deepEqual((await deleteExpired(pool, RETENTION)).deleted, NOTHING)
  const [left] = await sql(`SELECT (SELECT count(*)::int FROM receipt_aliases) AS aliases,
    (SELECT count(*)::int FROM rollup_minute) AS rollups, (SELECT count(*)::int FROM balance_minute) AS minutes`)
  assert.deepEqual(left, { aliases: 1, rollups: 3, minutes: 3 })
})

test('a dead letter goes only when it was closed long enough ago; an open one never, its history with it', async (t) => {
  const { pool, store, age, keysOf, sql } = await setUp(t)
  const wrong = ['open', 'dismissed', 'redriven', 'just-closed'].map((key, offset) =>
    aRecord({ offset, key, eventType: '' }),
  )
  await store.settle(aBatch(...wrong, anUnreadableRecord(9)))
  await sql("UPDATE dead_letters SET state = 'dismissed', closed_at = now() WHERE idempotency_key = 'dismissed'")
  await sql("UPDATE dead_letters SET state = 'redriven', closed_at = now() WHERE idempotency_key = 'redriven'")
  await sql(`INSERT INTO dead_letter_history SELECT id, now(), 'dismissed', 'a person' FROM dead_letters`)
  await age(15)
  await sql("UPDATE dead_letters SET state = 'dismissed', closed_at = now() WHERE idempotency_key = 'just-closed'")

  assert.equal((await deleteExpired(pool, RETENTION)).deleted.dead_letters, 2)
  assert.deepEqual(await keysOf('dead_letters'), ['just-closed', 'open', null])
  assert.deepEqual(await sql('SELECT count(*)::int AS n FROM dead_letter_history'), [{ n: 3 }])
})

test('one step deletes so many rows and no more, and says that there is more', async (t) => {
  const { pool, store, age } = await setUp(t)
  await store.settle(
    aBatch(...Array.from({ length: 25 }, (_, offset) => aRecord({ offset, tenant: `t${offset % 2}` }))),
  )
  await age(31)
  const steps: number[] = []
  for (let more = true; more; ) {
    const step = await deleteExpired(pool, RETENTION, 10)
    steps.push(step.deleted.events)
    more = step.more
  }
  assert.deepEqual(steps, [10, 10, 5])
})

test('settling goes on while rows are deleted, the same keys included, and nothing is stored twice', async (t) => {
  const { pool, store, age, sql } = await setUp(t)
  const records = (from: number) =>
    Array.from({ length: 500 }, (_, nth) => aRecord({ offset: from + nth, key: `k${nth}` }))
  await store.settle(aBatch(...records(0)))
  await age(31)
  const deleting = (async () => {
    for (let rows = -1; rows !== 0; ) rows = (await deleteExpired(pool, RETENTION, 20)).deleted.events
  })()
  // A key whose row is just being deleted: the settle waits for that end and is told to repeat, or finds the row gone.
  for (let from = 500; from < 2_000; from += 500) {
    for (;;) {
      try {
        await store.settle(aBatch(...records(from)))
        break
      } catch (error) {
        assert.equal((error as { sqlState?: string }).sqlState, '40001')
      }
    }
  }
  await deleting
  const [counts] = await sql(`SELECT count(*)::int AS n, count(DISTINCT idempotency_key)::int AS keys FROM events`)
  assert.equal((counts as { n: number }).n, (counts as { keys: number }).keys)
})

test('sums of rollups go with the events that they are of', async (t) => {
  const { pool, store, age, sql } = await setUp(t)
  const sums = async () =>
    (
      await sql(
        `SELECT (SELECT count(*)::int FROM rollup_totals) AS minutes, (SELECT count(*)::int FROM rollup_hour) AS hours`,
      )
    )[0]
  await store.settle(aBatch(aRecord({ offset: 1 }), aRecord({ offset: 2, tenant: 'beta' })))
  await age(31)
  while ((await foldRollups(pool)) > 0);
  assert.deepEqual(await sums(), { minutes: 3, hours: 3 })
  for (const table of ['rollup_totals', 'rollup_hour'])
    await sql(`CREATE TEMP TABLE young AS SELECT * FROM ${table} WHERE tenant_id = '*';
      UPDATE young SET bucket = now() - interval '29 days'; INSERT INTO ${table} SELECT * FROM young; DROP TABLE young`)
  const { deleted } = await deleteExpired(pool, RETENTION)
  assert.deepEqual([deleted.rollup_totals, deleted.rollup_hour], [3, 3])
  assert.deepEqual(await sums(), { minutes: 1, hours: 1 })
})

test('what a redrive took goes with its dead letters, who asked for it much later, and one under way never', async (t) => {
  const { pool, sql } = await setUp(t)
  const redrive = async (daysAgo: number, isLive = false) => {
    const [job] = await sql<{ id: string }>(
      `INSERT INTO redrive_jobs (id, operation_id, by, rate_per_second, matched, started_at, ended_at, is_live, state)
       SELECT gen_random_uuid(), gen_random_uuid(), 'a person', 100, 3, at, at, $2, 'done'
       FROM (SELECT now() - $1 * interval '1 day' AS at) _ RETURNING id`,
      [daysAgo, isLive],
    )
    await sql(
      `INSERT INTO redrive_items (job_id, position, dead_letter_id, state)
       SELECT $1, n, gen_random_uuid(), 'stored' FROM generate_series(1, 3) n`,
      [job?.id],
    )
    await sql(
      `INSERT INTO audit (operation_id, at, by, action, request_id, request_digest)
       VALUES (gen_random_uuid(), now() - $1 * interval '1 day', 'a person', 'redrive_many', 'r', '')`,
      [daysAgo],
    )
  }
  await redrive(1)
  await redrive(15)
  await redrive(366)
  await redrive(366, true)
  const total: Partial<Expired> = {}
  let steps = 0
  for (let more = true; more; steps++) {
    const step = await deleteExpired(pool, RETENTION, 2)
    for (const table of ['redrive_items', 'redrive_jobs', 'audit'] as const)
      total[table] = (total[table] ?? 0) + step.deleted[table]
    more = step.more
  }
  assert.deepEqual(total, { redrive_items: 6, redrive_jobs: 1, audit: 2 })
  assert.ok(steps >= 3, 'so many rows a step and no more')
  const left = await sql(
    `SELECT count(*)::int AS jobs, (SELECT count(*)::int FROM redrive_items) AS items, (SELECT count(*)::int FROM audit) AS audit
     FROM redrive_jobs`,
  )
  assert.deepEqual(left, [{ jobs: 3, items: 6, audit: 2 }])
})

test('of two that delete at once one does nothing', async (t) => {
  const { pool, store, age } = await setUp(t)
  await store.settle(aBatch(aRecord({ offset: 1 })))
  await age(31)
  const holder = await pool.connect()
  await holder.query('BEGIN; SELECT pg_advisory_xact_lock(6184402871)')
  assert.deepEqual((await deleteExpired(pool, RETENTION)).deleted, NOTHING)
  await holder.query('COMMIT')
  holder.release()
  assert.equal((await deleteExpired(pool, RETENTION)).deleted.events, 1)
})
