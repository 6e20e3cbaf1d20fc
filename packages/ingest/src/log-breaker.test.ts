import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createLogBreaker } from './log-breaker.ts'

function openBreaker(t: TestContext, probe: () => Promise<void>) {
  const changes: boolean[] = []
  const breaker = createLogBreaker({ probe, threshold: 3, probeEveryMs: 5, onChange: (open) => changes.push(open) })
  t.after(() => breaker.close())
  return { breaker, changes }
}

describe('breaker to the log', () => {
  it('opens after so many micro-batches in a row without one done, and closes when a probe succeeds', async (t) => {
    let probes = 0
    const { breaker, changes } = openBreaker(t, async () => {
      probes += 1
      if (probes < 3) throw new Error('away')
    })
    for (const anyDone of [false, false, true, false, false]) breaker.record(anyDone)
    assert.equal(breaker.isOpen(), false)
    breaker.record(false)
    assert.equal(breaker.isOpen(), true)
    // Batches that were under way when it opened open it no second time.
    breaker.record(false)
    await eventually(() => !breaker.isOpen())
    assert.deepEqual([probes, changes], [3, [true, false]])
  })

  it('counts anew after it closed', async (t) => {
    const { breaker } = openBreaker(t, async () => {})
    for (let batch = 0; batch < 3; batch += 1) breaker.record(false)
    await eventually(() => !breaker.isOpen())
    breaker.record(false)
    breaker.record(false)
    assert.equal(breaker.isOpen(), false)
  })

  it('says nothing more once it was closed for good, though a probe is under way', async (t) => {
    const answer = Promise.withResolvers<void>()
    let probes = 0
    const { breaker, changes } = openBreaker(t, () => {
      probes += 1
      return answer.promise
    })
    for (let batch = 0; batch < 3; batch += 1) breaker.record(false)
    await eventually(() => probes === 1)
    breaker.close()
    answer.resolve()
    await answer.promise
    await Promise.resolve()
    assert.deepEqual([breaker.isOpen(), changes], [false, [true]])
  })
})
