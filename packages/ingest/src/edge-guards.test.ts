import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { createInFlightBytes } from './in-flight-bytes.ts'
import { createKeyring } from './keyring.ts'
import { createLogBreaker } from './log-breaker.ts'
import { createWrongKeyThrottle } from './wrong-key-throttle.ts'

describe('keyring', () => {
  it('knows each key of each tenant, and no other', () => {
    const keyring = createKeyring([
      { tenantId: 'a', key: 'key_1' },
      { tenantId: 'a', key: 'key_2' },
      { tenantId: 'b', key: 'key_3' },
    ])
    assert.deepEqual(['key_1', 'key_2', 'key_3', 'key_4', ''].map(keyring.tenantOf), ['a', 'a', 'b', null, null])
  })
})

describe('wrong-key throttle', () => {
  it('stops an address for the rest of the second, and no other address', () => {
    const clock = createManualClock(0)
    const throttle = createWrongKeyThrottle(clock, 2)
    throttle.recordWrongKey('here')
    assert.equal(throttle.allows('here'), true)
    throttle.recordWrongKey('here')
    assert.deepEqual([throttle.allows('here'), throttle.allows('there')], [false, true])
    clock.advance(1_000)
    assert.equal(throttle.allows('here'), true)
  })
})

describe('in-flight bytes', () => {
  it('never pass the cap, and are free again when released', () => {
    const bytes = createInFlightBytes(10)
    assert.deepEqual([bytes.reserve(6), bytes.reserve(5), bytes.reserve(4)], [true, false, true])
    bytes.release(6)
    assert.deepEqual([bytes.used(), bytes.share()], [4, 0.4])
  })
})

describe('breaker to the log', () => {
  it('opens after so many micro-batches in a row without one done, and closes when a probe succeeds', async (t) => {
    let away = true
    const breaker = createLogBreaker({
      probe: () => (away ? Promise.reject(new Error('away')) : Promise.resolve()),
      threshold: 3,
      probeEveryMs: 5,
    })
    t.after(() => breaker.close())
    for (const anyDone of [false, false, true, false, false]) breaker.record(anyDone)
    assert.equal(breaker.isOpen(), false)
    breaker.record(false)
    assert.equal(breaker.isOpen(), true)
    away = false
    await eventually(() => !breaker.isOpen())
  })
})
