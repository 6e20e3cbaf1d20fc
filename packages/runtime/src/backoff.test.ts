import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { createBackoff, delay } from './backoff.ts'

describe('createBackoff', () => {
  it('doubles up to the limit and starts again after a reset', () => {
    const backoff = createBackoff({ firstMs: 100, maxMs: 500, jitter: 0 })
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => backoff.nextMs()),
      [100, 200, 400, 500, 500],
    )
    backoff.reset()
    assert.equal(backoff.nextMs(), 100)
  })

  it('shortens each wait by at most the jitter', () => {
    const wait = (random: number) =>
      createBackoff({ firstMs: 100, maxMs: 500, jitter: 0.2, random: () => random }).nextMs()
    assert.deepEqual([wait(0), wait(0.5), wait(1)], [100, 90, 80])
  })

  it('never exceeds the limit, even when the first wait does', () => {
    assert.equal(createBackoff({ firstMs: 900, maxMs: 500, jitter: 0 }).nextMs(), 500)
  })
})

describe('delay', () => {
  it('waits at least the time asked for', async () => {
    const start = performance.now()
    await delay(20)
    // 1 ms: timers count whole milliseconds of a clock that is read before ours.
    assert.ok(performance.now() - start >= 19)
  })

  it('ends at once when its signal aborts, and when it had aborted before', async () => {
    const controller = new AbortController()
    const waiting = delay(60_000, controller.signal)
    controller.abort()
    await waiting
    await delay(60_000, controller.signal)
  })

  it('leaves no listener behind on its signal', async () => {
    const { signal } = new AbortController()
    await delay(1, signal)
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })
})
