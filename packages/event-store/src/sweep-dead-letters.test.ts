import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { createEventStore } from './settle-batch.ts'
import { type SweepPlace, sweepDeadLetters } from './sweep-dead-letters.ts'
import { aBatch, anUnreadableRecord, aRecord } from './testing/settle-records.ts'

async function setUp(t: TestContext) {
  const database = await testDatabase(t)
  const store = createEventStore({ pool: database.pool, shard: 0 })
  const sweep = async (stepRows?: number) => {
    let closed = 0
    let steps = 0
    for (let place: SweepPlace = null; ; ) {
      const step = await sweepDeadLetters({ pool: database.pool, shard: 3 }, place, stepRows)
      closed += step.closed
      steps += 1
      place = step.next
      if (place === null) return { closed, steps }
    }
  }
  /** Opens the dead letter of an event that has a row: what two processors bring about that judge it differently at once. */
  const reopen = (...keys: string[]) =>
    database.sql(`UPDATE dead_letters SET state = 'open', closed_at = NULL WHERE idempotency_key = ANY ($1)`, [keys])
  const states = () =>
    database.sql(`SELECT coalesce(idempotency_key, '-') AS key, state FROM dead_letters ORDER BY source_offset`)
  const balance = async () =>
    (
      await database.sql(`SELECT sum(stored)::int AS stored, sum(dead_lettered)::int AS dead_lettered,
        sum(repeats)::int AS repeats FROM balance_minute`)
    )[0]
  return { ...database, store, sweep, reopen, states, balance }
}

test('an open dead letter whose event has a row is closed, all others are left alone', async (t) => {
  const { store, sweep, reopen, states, sql, balance } = await setUp(t)
  const wrong = (key: string, offset: number) => aRecord({ offset, key, eventType: '' })
  await store.settle(aBatch(wrong('both', 1), wrong('alone', 2), wrong('dismissed', 3), anUnreadableRecord(4)))
  const [both] = await sql<{ fingerprint: Buffer; receipt: string }>(
    `SELECT fingerprint, receipt_id AS receipt FROM dead_letters WHERE idempotency_key = 'both'`,
  )
  // Rows under the same keys: of one the very event, of the other another one, which is a conflict and no closing.
  await store.settle(aBatch(aRecord({ offset: 5, key: 'alone' }), aRecord({ offset: 6, key: 'both' })))
  await sql(`UPDATE events SET fingerprint = $1 WHERE idempotency_key = 'both'`, [both?.fingerprint])
  await reopen('both', 'alone')
  await sql(`UPDATE dead_letters SET state = 'dismissed' WHERE idempotency_key = 'dismissed'`)
  const before = await balance()

  assert.deepEqual(await sweep(), { closed: 1, steps: 2 })
  assert.deepEqual(await states(), [
    { key: 'both', state: 'redriven' },
    { key: 'alone', state: 'open' },
    { key: 'dismissed', state: 'dismissed' },
    { key: '-', state: 'open' },
  ])
  const history = await sql(`SELECT what, by FROM dead_letter_history WHERE by = 'sweep'`)
  assert.deepEqual(history, [{ what: 'stored', by: 'sweep' }])
  const [row] = await sql<{ id: string }>(`SELECT id FROM events WHERE idempotency_key = 'both'`)
  const aliases = await sql(`SELECT receipt_id, stands_for FROM receipt_aliases WHERE receipt_id = $1`, [both?.receipt])
  assert.deepEqual(aliases, [{ receipt_id: both?.receipt, stands_for: row?.id }])
  const after = await balance()
  assert.deepEqual(after, {
    ...before,
    dead_lettered: Number(before?.dead_lettered) - 1,
    repeats: Number(before?.repeats) + 1,
  })
  assert.deepEqual((await sweep()).closed, 0)
})

test('a sweep comes by every open dead letter, in steps', async (t) => {
  const { store, sweep, reopen, sql, states } = await setUp(t)
  const keys = Array.from({ length: 25 }, (_, nth) => `k${nth}`)
  await store.settle(aBatch(...keys.map((key, offset) => aRecord({ offset, key, eventType: '' }))))
  await store.settle(aBatch(...keys.map((key, nth) => aRecord({ offset: 100 + nth, key }))))
  await sql(`UPDATE events e SET fingerprint = d.fingerprint FROM dead_letters d
    WHERE d.tenant_id = e.tenant_id AND d.idempotency_key = e.idempotency_key`)
  await reopen(...keys)
  assert.deepEqual(await sweep(10), { closed: 25, steps: 4 })
  assert.deepEqual(new Set((await states()).map(({ state }) => state)), new Set(['redriven']))
})
