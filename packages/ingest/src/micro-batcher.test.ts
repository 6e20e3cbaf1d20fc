import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { createMicroBatcher, type MicroBatcherOptions } from './micro-batcher.ts'

function openBatcher(change: Partial<MicroBatcherOptions<number, string>> = {}) {
  const clock = createManualClock(0)
  const batches: number[][] = []
  const ends: (() => void)[] = []
  const batcher = createMicroBatcher<number, string>({
    run: (items) => {
      batches.push([...items])
      return new Promise((resolve) => ends.push(() => resolve(items.map((item) => `done ${item}`))))
    },
    expired: 'expired',
    failed: () => 'failed',
    clock,
    maxItems: 1_000,
    maxBytes: 1_000_000,
    lanes: 1,
    growMs: 5,
    maxWaitMs: 40,
    ...change,
  })
  const outcomes: string[] = []
  const submit = (item: number, bytes = 1) =>
    batcher.submit({ item, bytes, settle: (outcome) => outcomes.push(outcome) })
  return { batcher, batches, ends, outcomes, submit, clock }
}

describe('micro-batcher', () => {
  it('lets what arrives in one turn of the loop travel together', async () => {
    const { batches, ends, outcomes, submit } = openBatcher()
    for (const item of [1, 2, 3]) submit(item)
    await eventually(() => batches.length === 1)
    assert.deepEqual(batches, [[1, 2, 3]])
    ends[0]?.()
    await eventually(() => outcomes.length === 3)
    assert.deepEqual(outcomes, ['done 1', 'done 2', 'done 3'])
  })

  it('collects the next batch while every lane is taken', async () => {
    const { batches, ends, submit, batcher } = openBatcher()
    submit(1)
    await eventually(() => batches.length === 1)
    submit(2)
    submit(3)
    assert.equal(batcher.pending(), 3)
    ends[0]?.()
    await eventually(() => batches.length === 2)
    assert.deepEqual(batches[1], [2, 3])
  })

  it('lets a batch grow that is small beside what is under way, until it is half of that', async () => {
    const { batches, submit } = openBatcher({ lanes: 3, growMs: 60_000 })
    for (const item of [1, 2, 3, 4]) submit(item)
    await eventually(() => batches.length === 1)
    submit(5)
    await setImmediate()
    assert.deepEqual(batches, [[1, 2, 3, 4]])
    submit(6)
    await eventually(() => batches.length === 2)
    assert.deepEqual(batches[1], [5, 6])
  })

  it('lets it go small when its time to grow is over, or when nothing is under way', async () => {
    const grown = openBatcher({ lanes: 2 })
    for (const item of [1, 2, 3, 4]) grown.submit(item)
    await eventually(() => grown.batches.length === 1)
    grown.submit(5)
    await eventually(() => grown.batches.length === 2)
    assert.deepEqual(grown.batches[1], [5])

    const free = openBatcher({ lanes: 2, growMs: 60_000 })
    for (const item of [1, 2, 3, 4]) free.submit(item)
    await eventually(() => free.batches.length === 1)
    free.submit(5)
    free.ends[0]?.()
    await eventually(() => free.batches.length === 2)
    assert.deepEqual(free.batches[1], [5])
  })

  it('cuts batches at the limits of items and of bytes, but lets a large item go alone', async () => {
    const { batches, submit } = openBatcher({ maxItems: 2, maxBytes: 10, lanes: 10 })
    submit(1)
    submit(2)
    submit(3)
    submit(4, 50)
    submit(5, 6)
    submit(6, 6)
    await eventually(() => batches.length === 5)
    assert.deepEqual(batches, [[1, 2], [3], [4], [5], [6]])
  })

  it('tells an item that waited too long for a lane, without handing it on', async () => {
    const { batches, outcomes, submit, clock } = openBatcher()
    submit(1)
    await eventually(() => batches.length === 1)
    submit(2)
    clock.advance(41)
    await eventually(() => outcomes.length === 1)
    assert.deepEqual([outcomes, batches], [['expired'], [[1]]])
  })

  it('tells every item of a batch that broke', async () => {
    const { outcomes, submit } = openBatcher({ run: () => Promise.reject(new Error('broken')) })
    submit(1)
    submit(2)
    await eventually(() => outcomes.length === 2)
    assert.deepEqual(outcomes, ['failed', 'failed'])
  })

  it('settles each item exactly once, also when given up while a batch is under way', async () => {
    const { batcher, batches, ends, outcomes, submit, clock } = openBatcher()
    submit(1)
    await eventually(() => batches.length === 1)
    submit(2)
    batcher.abandon()
    assert.deepEqual([outcomes, batcher.pending()], [['expired'], 1])
    clock.advance(1_000)
    ends[0]?.()
    await eventually(() => batcher.pending() === 0 && outcomes.length === 2)
    assert.deepEqual([outcomes, batches], [['expired', 'done 1'], [[1]]])
  })

  it('runs as many batches at once as there are lanes, and no more', async () => {
    const { batches, ends, submit } = openBatcher({ lanes: 2, maxItems: 1 })
    for (const item of [1, 2, 3]) submit(item)
    await eventually(() => batches.length === 2)
    ends[1]?.()
    await eventually(() => batches.length === 3)
    assert.deepEqual(batches, [[1], [2], [3]])
  })
})
