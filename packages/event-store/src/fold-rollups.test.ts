import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { foldRollups } from './fold-rollups.ts'
import { readThroughput } from './queries/throughput.ts'
import { readTopEventTypes } from './queries/top-event-types.ts'
import { createEventStore } from './settle-batch.ts'
import { aBatch, aRecord } from './testing/settle-records.ts'

const records = (from: number, tenant: string) => [
  aRecord({ offset: from, tenant, eventType: 'a' }),
  aRecord({ offset: from + 1, tenant, eventType: 'b' }),
  aRecord({ offset: from + 2, tenant, eventType: 'b' }),
  aRecord({ offset: from + 3, tenant, payload: '7' }),
]

test('folded minutes answer as the minutes themselves did, also after later ones were settled', async (t) => {
  const { pool, sql } = await testDatabase(t)
  const store = createEventStore({ pool, shard: 1 })
  const other = createEventStore({ pool, shard: 2 })
  const shift = (interval: string) => sql(`UPDATE rollup_minute SET bucket = bucket - interval '${interval}'`)
  const ask = async () => {
    const answers = []
    for (const tenantId of [null, 'acme', 'umbrella'])
      for (const minutes of [200, 1_440]) {
        const throughput = await readThroughput(pool, { minutes, tenantId })
        const settled = throughput.filter(({ stored, deadLettered }) => stored + deadLettered > 0)
        // The running minute may be over when it is asked for again.
        answers.push(settled.map(({ complete: _, ...minute }) => minute))
        answers.push((await readTopEventTypes(pool, { minutes, limit: 3, tenantId })).types)
      }
    return answers
  }
  await store.settle(aBatch(...records(0, 'acme'), ...records(10, 'umbrella')))
  await other.settle(aBatch(...records(20, 'acme')))
  await shift('75 minutes')
  await store.settle(aBatch(...records(30, 'acme')))
  await shift('5 minutes')

  const before = await ask()
  let folded = 0
  let rows: number
  do {
    rows = await foldRollups(pool)
    folded += rows
  } while (rows > 0)
  assert.equal(folded, 12)
  assert.deepEqual(await ask(), before)
  assert.equal(await foldRollups(pool), 0)

  await store.settle(aBatch(...records(40, 'umbrella')))
  const running = await ask()
  assert.equal(await foldRollups(pool), 0)
  assert.deepEqual(await ask(), running)
  assert.notDeepEqual(running, before)
  // The minutes themselves may go: their sums stay.
  await sql(`DELETE FROM rollup_minute WHERE bucket < now() - interval '2 minutes'`)
  const kept = (await readThroughput(pool, { minutes: 200, tenantId: 'acme' })).map(({ stored }) => stored)
  assert.equal(
    kept.reduce((sum, stored) => sum + stored, 0),
    9,
  )
  // So do those of types, in the running hour as well.
  const { types } = await readTopEventTypes(pool, { minutes: 1_440, limit: 3, tenantId: null })
  assert.deepEqual(
    types.map(({ eventType, count }) => [eventType, count]),
    [
      ['b', 10],
      ['a', 5],
    ],
  )
})

test('minutes that several fold at once are folded once', async (t) => {
  const { pool, sql } = await testDatabase(t)
  await createEventStore({ pool, shard: 1 }).settle(aBatch(...records(0, 'acme')))
  await sql(`UPDATE rollup_minute SET bucket = bucket - interval '130 minutes'`)
  await Promise.all(Array.from({ length: 5 }, () => foldRollups(pool)))
  await foldRollups(pool)
  const [sums] = await sql(
    `SELECT sum(stored)::int AS stored, (SELECT sum(stored)::int FROM rollup_hour WHERE tenant_id = '*') AS by_hour
     FROM rollup_totals WHERE tenant_id = 'acme'`,
  )
  assert.deepEqual(sums, { stored: 3, by_hour: 3 })
})
