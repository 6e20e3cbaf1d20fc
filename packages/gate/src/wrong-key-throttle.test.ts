import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { createWrongKeyThrottle } from './wrong-key-throttle.ts'

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

  it('forgets the address heard of longest ago when there are more than it keeps', () => {
    const throttle = createWrongKeyThrottle(createManualClock(0), 1)
    for (let address = 0; address <= 10_000; address += 1) throttle.recordWrongKey(String(address))
    assert.deepEqual([throttle.allows('0'), throttle.allows('1'), throttle.allows('10000')], [true, false, false])
  })
})
