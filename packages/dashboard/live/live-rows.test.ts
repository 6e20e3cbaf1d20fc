import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveItem } from '@sluice/contract/admin-api/live'
import { addRows, leftOutWords, MAX_ROWS } from './live-rows.ts'

const anItem = (offset: number, outcome: LiveItem['outcome'] = 'accepted'): LiveItem => ({
  ...{ outcome, at: '2026-01-31T12:00:00.000Z', tenant_id: 'a', receipt_id: null, event_id: null, event_type: null },
  ...{ idempotency_key: null, dead_letter_id: null, reason: null, pointer: null },
  source: { topic: 'events.raw', partition: 0, offset },
})
const offsets = (rows: readonly LiveItem[]) => rows.map(({ source }) => source.offset)

test('what came last is on top, and what is told again stands there once', () => {
  const rows = addRows([], [anItem(1), anItem(2)])
  assert.deepEqual(offsets(rows), [2, 1])
  const more = addRows(rows, [anItem(2), anItem(2, 'stored'), anItem(3)])
  assert.deepEqual(
    more.map(({ key }) => key),
    ['accepted 0:3', 'stored 0:2', 'accepted 0:2', 'accepted 0:1'],
  )
  assert.equal(addRows(rows, []), rows)
})

test('no more than so many are kept', () => {
  const rows = addRows(
    [anItem(0)].map((item) => ({ ...item, key: 'accepted 0:0' })),
    Array.from({ length: MAX_ROWS + 5 }, (_, nth) => anItem(nth + 1)),
  )
  assert.equal(rows.length, MAX_ROWS)
  assert.equal(rows[0]?.source.offset, MAX_ROWS + 5)
})

test('what is left out is said in words', () => {
  const none = { since: '', until: '', matched: 500, shown: 500, sampled: 0, slow: 0, unread: 0 }
  assert.equal(leftOutWords(none), null)
  assert.equal(leftOutWords({ ...none, matched: 2_000, sampled: 1_500 }), 'showing 1 in 4')
  assert.equal(leftOutWords({ ...none, matched: 750, sampled: 250 }), 'showing 1 in 1.5')
  assert.equal(
    leftOutWords({ ...none, matched: 9, shown: 0, sampled: 2, slow: 7, unread: 4 }),
    '2 not shown · 7 dropped, as this browser was slow · 4 not looked at',
  )
})
