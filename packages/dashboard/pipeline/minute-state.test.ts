import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minuteState } from './minute-state.ts'

test('calls a difference a gap only once the API calls the minute settled', () => {
  assert.equal(minuteState({ settled: false, gap: 3 }), 'settling')
  assert.equal(minuteState({ settled: true, gap: null }), 'settling')
  assert.equal(minuteState({ settled: true, gap: 3 }), 'gap')
  assert.equal(minuteState({ settled: true, gap: -1 }), 'gap')
  assert.equal(minuteState({ settled: true, gap: 0 }), 'settled')
})
