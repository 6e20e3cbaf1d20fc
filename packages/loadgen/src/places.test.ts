import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPlaces } from './places.ts'

const NEVER = new AbortController().signal

describe('places of requests under way', () => {
  it('are no more than there are', () => {
    const places = createPlaces(2)
    assert.deepEqual([places.tryTake(), places.tryTake(), places.tryTake()], [true, true, false])
    places.giveBack()
    assert.equal(places.tryTake(), true)
  })

  it('go to those who wait in the order of their coming', async () => {
    const places = createPlaces(1)
    places.tryTake()
    const served: number[] = []
    const waits = [1, 2].map((who) => places.take(NEVER).then(() => served.push(who)))
    places.giveBack()
    await waits[0]
    assert.deepEqual([served, places.tryTake()], [[1], false])
    places.giveBack()
    await waits[1]
    assert.deepEqual(served, [1, 2])
  })

  it('are there for everybody once the run is broken off', async () => {
    const places = createPlaces(1)
    places.tryTake()
    const stopping = new AbortController()
    const wait = places.take(stopping.signal)
    stopping.abort()
    await wait
    await places.take(stopping.signal)
  })
})
