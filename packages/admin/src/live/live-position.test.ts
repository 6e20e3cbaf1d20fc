import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeLivePosition, encodeLivePosition, type LivePosition } from './live-position.ts'

const POSITIONS: readonly LivePosition[] = [
  { accepted: new Map(), settled: new Map() },
  { accepted: new Map([[0, 0n]]), settled: new Map() },
  {
    accepted: new Map([
      [0, 17n],
      [5, 999_999_999_999_999_999n],
    ]),
    settled: new Map([
      [0, { sourceId: 3, next: 15n }],
      [5, { sourceId: 4, next: 0n }],
    ]),
  },
]

for (const position of POSITIONS)
  test(`the position ${encodeLivePosition(position)} is read back`, () => {
    assert.deepEqual(decodeLivePosition(encodeLivePosition(position)), position)
  })

for (const text of [
  '',
  '0-1',
  '0-1.~',
  '~0-1',
  '~0-1-2.',
  '0--1~',
  '0-1~0-1-2~',
  'a-1~',
  `0-${'9'.repeat(19)}~`,
  '0-1~\n',
])
  test(`${JSON.stringify(text)} is no position`, () => assert.equal(decodeLivePosition(text), null))
