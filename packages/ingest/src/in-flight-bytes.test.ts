import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createInFlightBytes } from './in-flight-bytes.ts'

describe('in-flight bytes', () => {
  it('never pass the cap, and are free again when released', () => {
    const bytes = createInFlightBytes(10)
    assert.deepEqual([bytes.reserve(6), bytes.reserve(5), bytes.reserve(4)], [true, false, true])
    bytes.release(6)
    assert.deepEqual([bytes.used(), bytes.share()], [4, 0.4])
  })
})
