import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryEventLog } from '@sluice/event-log/memory'
import { fillEvents, loseSummaries, pagesOfNewestMinute } from '@sluice/event-store/testing/lost-summaries'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { KEPT_LONG } from '../testing/test-admin.ts'
import { createReconciler } from './reconciler.ts'

test('comparisons that look at far more pages than there are rows have their index mended, once', async (t) => {
  const { pool } = await testDatabase(t)
  const all = await fillEvents(pool)
  await loseSummaries(pool, all / 2)
  const memory = createMemoryLog()
  const parts = { pool, eventLog: createMemoryEventLog({ topics: {} }), retentionMs: KEPT_LONG, log: memory.log }
  await using reconciler = createReconciler({ ...parts, mayLookAtPages: all / 8 })
  const told = () => memory.events().filter((event) => event.startsWith('balance.'))
  // A round has its budget of time: how many it takes is the machine's affair.
  await eventually(async () => {
    await reconciler.round()
    return told().includes('balance.summaries_mended')
  })
  assert.deepEqual(told(), ['balance.summaries_lost', 'balance.summaries_mended'])
  assert.ok((await pagesOfNewestMinute(pool)) < all / 4)

  await loseSummaries(pool, all / 2)
  await pool.query('DELETE FROM balance_checks')
  while (!(await reconciler.round()));
  assert.equal(told().length, 2, 'not again within a day, should it not help')
})
