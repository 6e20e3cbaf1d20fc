import assert from 'node:assert/strict'
import { test } from 'node:test'
import { summarise } from './series.ts'

const format = (value: number) => String(value)

test('says of a chart its last complete value and between which it moved', () => {
  const values = [null, 3, 9, 1, 500]
  assert.equal(
    summarise({ kind: 'stored', name: 'Stored', values }, 4, format),
    'Stored: 1 at the end, between 1 and 9',
  )
})

test('says of a chart without a measurement that there is none', () => {
  assert.equal(
    summarise({ kind: 'stored', name: 'Stored', values: [null, 0] }, 1, format),
    'Stored: nothing measured yet',
  )
})
