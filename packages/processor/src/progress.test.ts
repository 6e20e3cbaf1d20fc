import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { createProgress } from './progress.ts'

const START = Date.parse('2026-05-04T10:00:00Z')

function setUp() {
  const clock = createManualClock(START)
  return { clock, progress: createProgress(clock) }
}

test('it says which step the loop is in and since when', () => {
  const { clock, progress } = setUp()
  clock.advance(10)
  progress.enter('settle')
  clock.advance(250)
  assert.equal(progress.step(), 'settle')
  assert.equal(progress.stepMs(), 250)
})

test('trouble lasts from the first failure to the next success, by the name of the last one', () => {
  const { clock, progress } = setUp()
  assert.equal(progress.trouble(), null)
  progress.failed('LOG_UNAVAILABLE', false)
  clock.advance(300)
  progress.failed('STORE_SYSTEMIC', true)
  clock.advance(200)
  assert.deepEqual(progress.trouble(), { what: 'STORE_SYSTEMIC', systemic: true, forMs: 500 })
  progress.succeeded()
  assert.equal(progress.trouble(), null)
})

test('a turn that fails is a turn all the same', () => {
  const { clock, progress } = setUp()
  clock.advance(100)
  progress.failed('STORE_UNAVAILABLE', false)
  assert.equal(progress.lastTurnAt(), START + 100)
  clock.advance(100)
  progress.succeeded()
  assert.equal(progress.lastTurnAt(), START + 200)
})

test('trouble is over once records are waited for in peace, though none comes', () => {
  const { clock, progress } = setUp()
  progress.failed('LOG_UNAVAILABLE', false)
  progress.enter('next')
  clock.advance(1_999)
  assert.notEqual(progress.trouble(), null)
  clock.advance(1)
  assert.equal(progress.trouble(), null)
  progress.enter('settle')
  assert.equal(progress.trouble(), null)
})

test('trouble is not over while a retry is waited for', () => {
  const { clock, progress } = setUp()
  progress.failed('LOG_UNAVAILABLE', false)
  progress.enter('waiting_to_retry')
  clock.advance(5_000)
  assert.equal(progress.trouble()?.forMs, 5_000)
})
