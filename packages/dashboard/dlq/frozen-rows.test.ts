import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frozenRows } from './frozen-rows.ts'

test('keeps rows where they are, shows what is known of them now, and counts new ones', () => {
  const frozen = [
    { id: 'b', state: 'open' },
    { id: 'a', state: 'open' },
  ]
  const latest = [
    { id: 'c', state: 'open' },
    { id: 'a', state: 'redriving' },
  ]
  assert.deepEqual(frozenRows(frozen, latest), {
    rows: [
      { id: 'b', state: 'open' },
      { id: 'a', state: 'redriving' },
    ],
    newCount: 1,
  })
})
