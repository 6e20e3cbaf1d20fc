import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEnginesArgs } from './args.ts'

test('without arguments one broker runs until Ctrl-C', () => {
  assert.deepEqual(parseEnginesArgs([]), { verb: 'run', brokers: 1, state: null, command: [] })
})

test('verb and number of brokers may come in any order', () => {
  assert.deepEqual(parseEnginesArgs(['--brokers', '3', 'start', '--state', 'x']), {
    verb: 'start',
    brokers: 3,
    state: 'x',
    command: [],
  })
})

test('with takes all that follows it as a command', () => {
  const command = ['npm', 'test', '--', '--brokers']
  assert.deepEqual(parseEnginesArgs(['--brokers', '3', 'with', ...command]), {
    ...{ verb: 'with', brokers: 3, state: null, command },
  })
  assert.equal(parseEnginesArgs(['with']), 'with needs a command to run')
})

test('says what is wrong with an argument', () => {
  assert.equal(parseEnginesArgs(['--brokers', '2']), '--brokers must be 1 or 3, got 2')
  assert.equal(parseEnginesArgs(['--brokers']), '--brokers must be 1 or 3, got nothing')
  assert.equal(parseEnginesArgs(['--state']), '--state needs a file')
  assert.equal(parseEnginesArgs(['restart']), 'unknown argument restart')
})
