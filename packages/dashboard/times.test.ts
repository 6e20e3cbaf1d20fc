import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clockTime, fullTime, receiptTimeMs, relativeTime, tableTime, toZone } from './times.ts'

const at = '2026-01-02T14:03:07.000Z'
const nowMs = Date.parse(at)

test('tells times in the chosen zone', () => {
  assert.equal(clockTime(at, 'UTC'), '14:03:07')
  assert.equal(clockTime(at, 'Asia/Tokyo'), '23:03:07')
  assert.equal(fullTime(at, 'UTC'), '2 Jan 2026, 14:03:07 UTC')
  assert.equal(tableTime(at, nowMs, 'UTC'), '14:03:07')
  assert.equal(tableTime(at, nowMs + 86_400_000, 'UTC'), '2 Jan, 14:03:07')
  assert.equal(clockTime('rubbish', 'UTC'), '–')
})

test('tells each of many zones apart', () => {
  const zones = Intl.supportedValuesOf('timeZone').slice(0, 60)
  const times = () => zones.map((zone) => `${clockTime(at, zone)} ${fullTime(at, zone)}`)
  assert.deepEqual(times(), times())
  assert.equal(clockTime(at, 'Asia/Tokyo'), '23:03:07')
})

test('tells how long ago', () => {
  const ago = (seconds: number) => relativeTime(at, nowMs + seconds * 1000)
  assert.deepEqual([0, 0.9, 1.9, 130, -3, -10].map(ago), [
    'just now',
    'just now',
    '1 s ago',
    '2 m 10 s ago',
    'just now',
    'in 10 s',
  ])
})

test('falls back to UTC where a zone is unknown', () => {
  assert.equal(toZone('Europe/Berlin'), 'Europe/Berlin')
  for (const name of ['Mars/Olympus', '', undefined, '<script>']) assert.equal(toZone(name), 'UTC')
})

test('reads the time inside a receipt', () => {
  assert.equal(receiptTimeMs('019b7fb5-8e00-7000-8000-000000000000'), 0x019b7fb58e00)
  assert.equal(receiptTimeMs('019b7fb5-8e00-4000-8000-000000000000'), null)
  assert.equal(receiptTimeMs('x'), null)
})
