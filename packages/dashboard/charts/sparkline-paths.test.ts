import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sparklinePaths } from './sparkline-paths.ts'

test('draws known values from 0 on, and leaves out what nobody measured', () => {
  assert.deepEqual(sparklinePaths([0, 10, null, 5], 30, 12), ['M0 11h1L10 1', 'M30 6h1'])
})

test('draws nothing where nothing is known, and a flat line at 0', () => {
  assert.deepEqual(sparklinePaths([null, null], 30, 12), [])
  assert.deepEqual(sparklinePaths([0, 0], 30, 12), ['M0 11h1L30 11'])
})
