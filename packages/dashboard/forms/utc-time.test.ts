import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatUtcTime, parseUtcTime } from './utc-time.ts'

test('reads a time in UTC as people write it, and writes it the same', () => {
  for (const [text, iso] of [
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    [' 2026-01-31 12:00 ', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:30Z', '2026-01-31T12:00:30.000Z'],
  ] as const)
    assert.equal(parseUtcTime(text)?.toISOString(), iso)
  assert.equal(formatUtcTime(new Date('2026-01-31T12:00:30.123Z')), '2026-01-31 12:00:30')
})

test('takes nothing for a time that is none', () => {
  for (const text of ['', 'yesterday', '31.01.2026', '2026-02-31', '2026-01-31 25:00', '2026-1-1'])
    assert.equal(parseUtcTime(text), null)
})
