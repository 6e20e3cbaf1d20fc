import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withTransaction } from '@sluice/runtime/postgres'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { MEND_START, type MendPlace, mendSummaries } from './summary-indexes.ts'
import { fillEvents, loseSummaries, pagesOfNewestMinute } from './testing/lost-summaries.ts'

test('summarising that was broken off makes comparisons read on and on, until summaries are made anew', async (t) => {
  const { pool } = await testDatabase(t)
  const all = await fillEvents(pool)
  await pool.query("SELECT brin_summarize_new_values('events_received')")
  const before = await pagesOfNewestMinute(pool)
  assert.ok(before < all / 4, `${before} of ${all} pages`)
  await loseSummaries(pool, 2 * before)

  let place: MendPlace | null = MEND_START
  let steps = 0
  for (; place !== null; steps += 1) place = await mendSummaries(pool, place, 1)
  assert.ok(steps > 1, 'a budget of 1 ms is over after a step')
  assert.equal(await pagesOfNewestMinute(pool), before)
})

test('while somebody else works on the table mending waits for the next round', async (t) => {
  const { pool } = await testDatabase(t)
  await fillEvents(pool)
  await withTransaction(pool, async (client) => {
    await client.query('LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE')
    assert.deepEqual(await mendSummaries(pool, MEND_START, 10_000), MEND_START)
  })
  assert.equal(await mendSummaries(pool, MEND_START, 10_000), null)
})
