import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sparklinePaths } from './sparkline-paths.ts'

const lines = (values: (number | null)[]) => sparklinePaths(values, 30, 12).map(({ line }) => line)

test('draws known values from 0 on, and leaves out what nobody measured', () => {
  assert.deepEqual(lines([0, 10, null, 5]), ['M0 11h1L10 1', 'M30 6h1'])
})

test('draws nothing where nothing is known, and a flat line at 0', () => {
  assert.deepEqual(lines([null, null]), [])
  assert.deepEqual(lines([0, 0]), ['M0 11h1L30 11'])
})

test('fills each run of known values down to 0', () => {
  const areas = sparklinePaths([null, 0, 10, null, 5], 40, 12).map(({ area }) => area)
  assert.deepEqual(areas, ['M10 11h1L20 1L20 12H10Z', 'M40 6h1L40 12H40Z'])
})
