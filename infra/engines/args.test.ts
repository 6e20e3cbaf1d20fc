import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEnginesArgs } from './args.ts'

test('without arguments one broker runs until Ctrl-C', () => {
  assert.deepEqual(parseEnginesArgs([]), { verb: 'run', brokers: 1, state: null })
})

test('verb and number of brokers may come in any order', () => {
  assert.deepEqual(parseEnginesArgs(['--brokers', '3', 'start', '--state', 'x']), {
    verb: 'start',
    brokers: 3,
    state: 'x',
  })
})

test('says what is wrong with an argument', () => {
  assert.equal(parseEnginesArgs(['--brokers', '2']), '--brokers must be 1 or 3, got 2')
  assert.equal(parseEnginesArgs(['--brokers']), '--brokers must be 1 or 3, got nothing')
  assert.equal(parseEnginesArgs(['--state']), '--state needs a file')
  assert.equal(parseEnginesArgs(['restart']), 'unknown argument restart')
})
