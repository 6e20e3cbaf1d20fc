import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import type { SettleRecord } from './event-store.ts'
import { createEventStore } from './settle-batch.ts'
import { aBatch, anUnreadableRecord, aRecord } from './testing/settle-records.ts'

/** A store with one dead letter, redriven as attempt 1. */
async function openRedriving(t: TestContext, record: SettleRecord = aRecord({ offset: 1, key: 'k', eventType: '' })) {
  const database = await testDatabase(t)
  const store = createEventStore({ pool: database.pool, shard: 1 })
  const [outcome] = await store.settle(aBatch(record))
  assert.ok(outcome?.type === 'dead_letter')
  const id = outcome.deadLetterId
  const redrive = () => database.sql(`UPDATE dead_letters SET state = 'redriving' WHERE id = $1`, [id])
  const letter = async () => {
    const [row] = await database.sql(
      'SELECT state, attempts, reason, closed_at IS NOT NULL AS closed FROM dead_letters WHERE id = $1',
      [id],
    )
    return row
  }
  const balance = async () =>
    (
      await database.sql(
        `SELECT sum(stored)::int AS stored, sum(dead_lettered)::int AS dead_lettered, sum(repeats)::int AS repeats,
                (SELECT count(*)::int FROM events) AS rows,
                (SELECT count(*)::int FROM dead_letters WHERE state <> 'redriven') AS open FROM balance_minute`,
      )
    )[0]
  const history = async () =>
    (await database.sql('SELECT what FROM dead_letter_history WHERE dead_letter_id = $1 ORDER BY at', [id])).map(
      ({ what }) => what,
    )
  await redrive()
  return { ...database, store, id, receipt: record.head?.receiptId ?? '', redrive, letter, balance, history }
}

test('an edited redrive stores the row and closes its dead letter in one go', async (t) => {
  const { store, id, receipt, letter, balance, history, sql } = await openRedriving(t)
  const mended = aRecord({ offset: 2, key: 'k', receipt, redrive: { deadLetterId: id, attempt: 1 } })
  assert.deepEqual(await store.settle(aBatch(mended)), [{ type: 'stored' }])
  assert.deepEqual(await letter(), { state: 'redriven', attempts: 1, reason: 'INVALID_FIELD', closed: true })
  assert.deepEqual(await sql('SELECT id FROM events'), [{ id: receipt }])
  assert.deepEqual(await balance(), { stored: 1, dead_lettered: 0, repeats: 0, rows: 1, open: 0 })
  assert.deepEqual(await history(), ['stored'])
  // Read again, and appended twice: the row is there.
  assert.deepEqual(await store.settle(aBatch(mended)), [{ type: 'stored' }])
  assert.deepEqual(await store.settle(aBatch({ ...mended, offset: 3n })), [{ type: 'repeat' }])
  assert.deepEqual(await balance(), { stored: 1, dead_lettered: 0, repeats: 0, rows: 1, open: 0 })
})

test('the original record read again after its edited redrive is no new dead letter', async (t) => {
  const original = aRecord({ offset: 1, key: 'k', eventType: '' })
  const { store, id, receipt, letter, balance } = await openRedriving(t, original)
  await store.settle(aBatch(aRecord({ offset: 2, key: 'k', receipt, redrive: { deadLetterId: id, attempt: 1 } })))
  assert.deepEqual(await store.settle(aBatch(original)), [{ type: 'repeat' }])
  assert.equal((await letter())?.state, 'redriven')
  assert.deepEqual(await balance(), { stored: 1, dead_lettered: 0, repeats: 0, rows: 1, open: 0 })
})

test('a redrive that fails again reopens its dead letter once, with one attempt more', async (t) => {
  const { store, id, receipt, letter, balance, history, sql } = await openRedriving(t)
  const failing = aRecord({
    offset: 2,
    key: 'k',
    receipt,
    payload: '7',
    redrive: { deadLetterId: id, attempt: 1 },
  })
  const [outcome] = await store.settle(aBatch(failing))
  assert.deepEqual(
    outcome?.type === 'dead_letter' && [outcome.deadLetterId, outcome.attempt, outcome.new, outcome.pointer],
    [id, 2, true, '/payload'],
  )
  assert.deepEqual(await letter(), { state: 'open', attempts: 2, reason: 'INVALID_FIELD', closed: false })
  assert.deepEqual(await history(), ['failed_again'])
  assert.deepEqual(await sql('SELECT count(*)::int AS letters FROM dead_letters'), [{ letters: 1 }])
  assert.deepEqual(await balance(), { stored: 0, dead_lettered: 1, repeats: 0, rows: 0, open: 1 })
})

test('an old copy of a redrive neither reopens a later attempt nor opens another dead letter', async (t) => {
  const { store, id, receipt, redrive, letter, sql } = await openRedriving(t)
  const failing = aRecord({ offset: 2, key: 'k', receipt, payload: '7', redrive: { deadLetterId: id, attempt: 1 } })
  await store.settle(aBatch(failing))
  await redrive()
  for (const copy of [failing, { ...failing, offset: 3n }]) {
    const [outcome] = await store.settle(aBatch(copy))
    assert.ok(outcome?.type === 'dead_letter' && !outcome.new && outcome.deadLetterId === id)
  }
  assert.deepEqual(await letter(), { state: 'redriving', attempts: 2, reason: 'INVALID_FIELD', closed: false })
  assert.deepEqual(await sql('SELECT count(*)::int AS letters FROM dead_letters'), [{ letters: 1 }])
})

test('a redrive that finds another event under its key reopens as a conflict', async (t) => {
  const { store, id, receipt, letter, balance } = await openRedriving(t)
  await store.settle(aBatch(aRecord({ offset: 2, key: 'k', payload: '{"first":true}' })))
  const [outcome] = await store.settle(
    aBatch(aRecord({ offset: 3, key: 'k', receipt, redrive: { deadLetterId: id, attempt: 1 } })),
  )
  assert.ok(outcome?.type === 'dead_letter' && outcome.reason === 'IDEMPOTENCY_CONFLICT' && outcome.attempt === 2)
  assert.deepEqual(await letter(), { state: 'open', attempts: 2, reason: 'IDEMPOTENCY_CONFLICT', closed: false })
  assert.deepEqual(await balance(), { stored: 1, dead_lettered: 1, repeats: 0, rows: 1, open: 1 })
})

test('a redrive that finds its event stored under another receipt closes as its repeat', async (t) => {
  const { store, id, receipt, letter, balance, sql } = await openRedriving(t)
  const first = aRecord({ offset: 2, key: 'k' })
  await store.settle(aBatch(first))
  const same = aRecord({ offset: 3, key: 'k', receipt, redrive: { deadLetterId: id, attempt: 1 } })
  assert.deepEqual(await store.settle(aBatch(same)), [{ type: 'repeat' }])
  assert.equal((await letter())?.state, 'redriven')
  assert.deepEqual(await sql('SELECT receipt_id, stands_for FROM receipt_aliases'), [
    { receipt_id: receipt, stands_for: first.head?.receiptId },
  ])
  assert.deepEqual(await balance(), { stored: 1, dead_lettered: 0, repeats: 1, rows: 1, open: 0 })
})

test('a dismissed dead letter stays dismissed when its event comes again', async (t) => {
  const original = aRecord({ offset: 1, key: 'k', eventType: '' })
  const { store, id, sql, letter } = await openRedriving(t, original)
  await sql(`UPDATE dead_letters SET state = 'dismissed' WHERE id = $1`, [id])
  const [outcome] = await store.settle(aBatch({ ...original, offset: 2n }))
  assert.ok(outcome?.type === 'dead_letter' && !outcome.new)
  assert.equal((await letter())?.state, 'dismissed')
})

test('an event that fails again after its row was deleted is an open dead letter once more', async (t) => {
  const original = aRecord({ offset: 1, key: 'k', eventType: '' })
  const { store, id, receipt, sql, letter } = await openRedriving(t, original)
  await store.settle(aBatch(aRecord({ offset: 2, key: 'k', receipt, redrive: { deadLetterId: id, attempt: 1 } })))
  await sql('DELETE FROM events')
  const [outcome] = await store.settle(aBatch({ ...original, offset: 3n }))
  assert.ok(outcome?.type === 'dead_letter' && outcome.new && outcome.deadLetterId === id)
  assert.deepEqual(await letter(), { state: 'open', attempts: 1, reason: 'INVALID_FIELD', closed: false })
})

test('an unreadable record that was mended closes, and stays closed when it is read again', async (t) => {
  const garbage = anUnreadableRecord(1)
  const { store, id, letter, balance } = await openRedriving(t, garbage)
  assert.deepEqual(await store.settle(aBatch(aRecord({ offset: 2, redrive: { deadLetterId: id, attempt: 1 } }))), [
    { type: 'stored' },
  ])
  await store.settle(aBatch(garbage))
  assert.equal((await letter())?.state, 'redriven')
  assert.deepEqual(await balance(), { stored: 1, dead_lettered: 0, repeats: 0, rows: 1, open: 0 })
})

test('headers that name a dead letter of another tenant, or none, make an ordinary record', async (t) => {
  const { store, id, letter, sql } = await openRedriving(t)
  const outcomes = await store.settle(
    aBatch(
      aRecord({ offset: 2, tenant: 'mallory', redrive: { deadLetterId: id, attempt: 1 } }),
      aRecord({ offset: 3, tenant: 'mallory', eventType: '', redrive: { deadLetterId: id, attempt: 1 } }),
      aRecord({ offset: 4, redrive: { deadLetterId: 'no id', attempt: 1 } }),
      aRecord({
        offset: 5,
        eventType: '',
        redrive: { deadLetterId: '019a0000-0000-7000-8000-000000000000', attempt: 1 },
      }),
    ),
  )
  assert.deepEqual(
    outcomes.map((outcome) => outcome.type),
    ['stored', 'dead_letter', 'stored', 'dead_letter'],
  )
  assert.equal((await letter())?.state, 'redriving')
  assert.deepEqual(await sql('SELECT count(*)::int AS letters FROM dead_letters'), [{ letters: 3 }])
})
