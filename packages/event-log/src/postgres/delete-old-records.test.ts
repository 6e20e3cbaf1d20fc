import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { aRecord, textOf } from '#src/testing/harness.ts'
import { logDatabase } from '#src/testing/log-database.ts'
import { deleteOldRecords } from './delete-old-records.ts'

const DAY_MS = 86_400_000

async function setUp(t: TestContext) {
  const database = await logDatabase(t)
  const topic = await database.testTopic(1)
  const log = database.open()
  const append = (...texts: string[]) =>
    log.append(
      topic,
      texts.map((text) => aRecord(text)),
    )
  /** Lets what is in the log by now have come eight days ago. */
  const age = () => database.sql(`UPDATE log_records SET appended_at = appended_at - interval '8 days'`)
  const commit = (offset: number) =>
    database.sql(
      `INSERT INTO log_group_offsets SELECT id, 'g', $2, now() FROM log_partitions WHERE topic = $1
       ON CONFLICT (partition_id, group_name) DO UPDATE SET committed = excluded.committed`,
      [topic, offset],
    )
  const texts = async () => (await log.read(topic, 0, 0n, 100)).map(textOf)
  const sweep = (group: string | null, step?: number) =>
    deleteOldRecords(database.pool, { topic, keepMs: 7 * DAY_MS, group }, step)
  return { ...database, topic, log, append, age, commit, texts, sweep }
}

test('old records that the group has committed go; unread and young ones stay', async (t) => {
  const { append, age, commit, texts, sweep, log, topic } = await setUp(t)
  await append('a', 'b', 'c')
  await age()
  await append('d')
  assert.equal((await sweep('g')).deleted, 0, 'a group that never committed has read nothing')
  await commit(2)
  assert.deepEqual(await sweep('g'), { deleted: 2, more: false })
  assert.deepEqual(await texts(), ['c', 'd'])
  await commit(4)
  assert.equal((await sweep('g')).deleted, 1)
  assert.deepEqual(await texts(), ['d'])
  const [lag] = await log.lag(topic, 'g')
  assert.deepEqual([lag?.start, lag?.end, lag?.lag], [3n, 4n, 0n])
})

test('without a group whatever is old goes, and an emptied partition has lag 0', async (t) => {
  const { append, age, texts, sweep, log, topic } = await setUp(t)
  await append('a', 'b')
  await age()
  assert.equal((await sweep(null)).deleted, 2)
  assert.deepEqual(await texts(), [])
  const [lag] = await log.lag(topic, 'nobody')
  assert.deepEqual([lag?.start, lag?.end, lag?.lag], [2n, 2n, 0n])
  await append('c')
  assert.deepEqual(await texts(), ['c'])
})

test('one step deletes so many records and no more, and another process that dies between leaves nothing behind', async (t) => {
  const { append, age, sweep, sql } = await setUp(t)
  await append(...Array.from({ length: 25 }, (_, nth) => String(nth)))
  await age()
  const steps: number[] = []
  for (let more = true; more; ) {
    const step = await sweep(null, 10)
    steps.push(step.deleted)
    more = step.more
  }
  assert.deepEqual(steps, [10, 10, 5])
  assert.deepEqual(await sql('SELECT count(*)::int AS n FROM log_records'), [{ n: 0 }])
})

test('appending goes on while old records are deleted', async (t) => {
  const { append, age, sweep, texts } = await setUp(t)
  await append(...Array.from({ length: 200 }, (_, nth) => String(nth)))
  await age()
  const appended = (async () => {
    for (let nth = 0; nth < 20; nth += 1) {
      const [outcome] = await append(`young ${nth}`)
      assert.equal(outcome?.type, 'done')
    }
  })()
  for (let more = true; more; ) more = (await sweep(null, 20)).more
  await appended
  assert.equal((await texts()).length, 20)
})
