import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { probeLoop, stuckStep } from './loop-health.ts'
import { createProgress } from './progress.ts'

function setUp() {
  const clock = createManualClock(0)
  const progress = createProgress(clock)
  progress.enter('next')
  progress.enter('settle')
  return { clock, progress }
}

test('a loop that never came so far as to wait for records is not ready', async () => {
  const progress = createProgress(createManualClock(0))
  progress.enter('consume')
  await assert.rejects(probeLoop(progress), /has not begun/)
  progress.enter('next')
  progress.enter('settle')
  assert.equal(await probeLoop(progress), 'ok')
})

test('a loop without records is well however long nothing comes', async () => {
  const { clock, progress } = setUp()
  progress.enter('next')
  clock.advance(3_600_000)
  assert.equal(await probeLoop(progress), 'ok')
  assert.equal(stuckStep(progress), null)
})

test('a short fault is not told, one of more than 2 s is', async () => {
  const { clock, progress } = setUp()
  progress.failed('STORE_UNAVAILABLE', false)
  clock.advance(2_000)
  assert.equal(await probeLoop(progress), 'ok')
  clock.advance(1)
  await assert.rejects(probeLoop(progress), /STORE_UNAVAILABLE/)
  progress.succeeded()
  assert.equal(await probeLoop(progress), 'ok')
})

test('a fault that only a person mends is told at once', async () => {
  const { progress } = setUp()
  progress.failed('STORE_SYSTEMIC', true)
  await assert.rejects(probeLoop(progress), /STORE_SYSTEMIC/)
})

test('a step that stands still for more than 5 s is named', async () => {
  const { clock, progress } = setUp()
  progress.enter('settle')
  clock.advance(5_000)
  assert.equal(await probeLoop(progress), 'ok')
  clock.advance(1)
  await assert.rejects(probeLoop(progress), /silent in step settle/)
})

test('a loop is stuck after a minute in one step, and not while it tries again and again', () => {
  const { clock, progress } = setUp()
  progress.enter('commit')
  clock.advance(60_000)
  assert.equal(stuckStep(progress), null)
  clock.advance(1)
  assert.equal(stuckStep(progress), 'commit')
  progress.enter('waiting_to_retry')
  assert.equal(stuckStep(progress), null)
})
