import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ThroughputMinute } from '@sluice/contract/admin-api/overview'
import { changeOf, lastComplete, sumOf } from './minute-sums.ts'

const aMinute = (stored: number | null, complete = true): ThroughputMinute => ({
  minute: '2026-01-02T03:04:00.000Z',
  accepted: null,
  stored,
  duplicates: 0,
  rate_limited: 0,
  dead_lettered: 0,
  end_to_end_p95_ms: null,
  complete,
})
const minutesOf = (...stored: (number | null)[]) => stored.map((count) => aMinute(count))

test('leaves the running minute out of values and changes', () => {
  const minutes = [...minutesOf(1, 1, 1, 1, 1, 2, 2, 2, 2, 2), aMinute(99, false)]
  assert.equal(lastComplete(minutes, 'stored'), 2)
  assert.equal(changeOf(minutes, 'stored'), 1)
})

test('knows nothing where a minute is unknown, or there is nothing to compare with', () => {
  assert.equal(lastComplete(minutesOf(1, null), 'stored'), null)
  assert.equal(lastComplete([], 'stored'), null)
  assert.equal(sumOf(minutesOf(1, null, 2), 'stored'), null)
  assert.equal(changeOf(minutesOf(1, 1, 1, 1, null, 2, 2, 2, 2, 2), 'stored'), null)
  assert.equal(changeOf(minutesOf(0, 0, 0, 0, 0, 2, 2, 2, 2, 2), 'stored'), null)
  assert.equal(changeOf(minutesOf(1, 2), 'stored'), null)
})
