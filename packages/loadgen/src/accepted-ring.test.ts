import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAcceptedRing } from './accepted-ring.ts'

describe('ring of accepted events', () => {
  it('finds nothing while nothing was accepted', () => {
    assert.equal(createAcceptedRing(8).nearest(3, 1), null)
  })

  it('finds the wanted event, else the nearest older, else the nearest newer', () => {
    const ring = createAcceptedRing(16)
    for (const seq of [2, 5, 9]) ring.add(seq)
    assert.equal(ring.nearest(5, 1), 5)
    assert.equal(ring.nearest(8, 1), 5)
    assert.equal(ring.nearest(1, 1), 2)
  })

  it('stays in step, so that a repeat is its own tenant’s', () => {
    const ring = createAcceptedRing(16)
    for (const seq of [1, 4, 7]) ring.add(seq)
    assert.equal(ring.nearest(6, 2), 4)
    assert.equal(ring.nearest(2, 2), 4)
  })

  it('forgets what is older than its size', () => {
    const ring = createAcceptedRing(4)
    for (let seq = 0; seq < 10; seq++) ring.add(seq)
    assert.equal(ring.nearest(2, 1), 6)
    assert.equal(ring.nearest(9, 1), 9)
  })

  it('keeps the newest when an old answer comes late', () => {
    const ring = createAcceptedRing(4)
    ring.add(9)
    ring.add(8)
    assert.equal(ring.nearest(9, 1), 9)
  })
})
