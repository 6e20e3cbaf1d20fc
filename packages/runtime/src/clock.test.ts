import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from './clock.ts'
import { createManualClock } from './testing/manual-clock.ts'

describe('systemClock', () => {
  it('reads Unix time in whole milliseconds and a monotonic time that never goes back', () => {
    const before = Date.now()
    const now = systemClock.now()
    assert.ok(now >= before && now <= Date.now())
    assert.ok(Number.isInteger(now))
    const first = systemClock.monotonicMs()
    assert.ok(systemClock.monotonicMs() >= first)
  })
})

describe('createManualClock', () => {
  it('stands still until it is advanced, and then moves both readings', () => {
    const clock = createManualClock(1_000)
    assert.deepEqual([clock.now(), clock.monotonicMs()], [1_000, 0])
    clock.advance(250)
    assert.deepEqual([clock.now(), clock.monotonicMs()], [1_250, 250])
  })

  it('refuses to go back', () => {
    assert.throws(() => createManualClock(0).advance(-1), RangeError)
  })
})
