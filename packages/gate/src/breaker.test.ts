import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { createBreaker } from './breaker.ts'

function aBreaker() {
  const clock = createManualClock(0)
  const changes: boolean[] = []
  const breaker = createBreaker({ failures: 5, openMs: 1_000, clock, onChange: (open) => changes.push(open) })
  const fail = (times: number) => {
    for (let i = 0; i < times; i++) breaker.failed()
  }
  return { breaker, clock, changes, fail }
}

describe('breaker', () => {
  it('lets calls go until five have failed in a row', () => {
    const { breaker, fail, changes } = aBreaker()
    fail(4)
    breaker.succeeded()
    fail(4)
    assert.equal(breaker.mayCall(), true)
    fail(1)
    assert.equal(breaker.mayCall(), false)
    assert.deepEqual(changes, [true])
  })

  it('lets one probe go after a second, and nobody beside it', () => {
    const { breaker, clock, fail } = aBreaker()
    fail(5)
    clock.advance(999)
    assert.equal(breaker.mayCall(), false)
    clock.advance(1)
    assert.equal(breaker.mayCall(), true)
    assert.equal(breaker.mayCall(), false)
  })

  it('waits another second after a probe that failed, without telling it twice', () => {
    const { breaker, clock, fail, changes } = aBreaker()
    fail(5)
    clock.advance(1_000)
    assert.equal(breaker.mayCall(), true)
    fail(1)
    assert.equal(breaker.mayCall(), false)
    clock.advance(999)
    assert.equal(breaker.mayCall(), false)
    clock.advance(1)
    assert.equal(breaker.mayCall(), true)
    assert.deepEqual(changes, [true])
  })

  it('lets all calls go once a probe succeeded, and bears five errors again', () => {
    const { breaker, clock, fail, changes } = aBreaker()
    fail(5)
    clock.advance(1_000)
    breaker.mayCall()
    breaker.succeeded()
    assert.deepEqual([breaker.mayCall(), breaker.mayCall()], [true, true])
    fail(4)
    assert.equal(breaker.mayCall(), true)
    assert.deepEqual(changes, [true, false])
  })

  it('is not kept open longer by calls that were under way when it opened', () => {
    const { breaker, clock, fail } = aBreaker()
    fail(5)
    clock.advance(900)
    fail(3)
    clock.advance(100)
    assert.equal(breaker.mayCall(), true)
  })
})
