import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createLimitWindow } from './limit-window.ts'

const START_MS = 1_700_000_000_000

describe('limit window', () => {
  it('lets no more than the limit through in any 60 s, wherever they begin', () => {
    const step = fc.record({ afterMs: fc.integer({ min: 0, max: 9_000 }), asked: fc.integer({ min: 1, max: 6 }) })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(step, { maxLength: 80 }), (limit, steps) => {
        const window = createLimitWindow()
        const passedAtMs: number[] = []
        let nowMs = START_MS
        for (const { afterMs, asked } of steps) {
          nowMs += afterMs
          for (let i = 0; i < asked; i++) if (window.take(nowMs, limit).taken) passedAtMs.push(nowMs)
        }
        for (const [nth, atMs] of passedAtMs.entries()) {
          const next = passedAtMs[nth + limit]
          assert.ok(next === undefined || next - atMs > 60_000)
        }
      }),
    )
  })

  it('tells a wait after which one passes, and before which none does', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 30, maxLength: 60 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), steps, (limit, pauses) => {
        const window = createLimitWindow()
        let nowMs = START_MS
        for (const pauseMs of pauses) {
          nowMs += pauseMs
          const { taken, waitMs } = window.take(nowMs, limit)
          if (taken) continue
          assert.equal(window.take(nowMs + waitMs - 1, limit).taken, false)
          nowMs += waitMs
          assert.equal(window.take(nowMs, limit).taken, true)
        }
      }),
    )
  })

  it('counts what others let through, beyond the limit too', () => {
    const window = createLimitWindow()
    window.add(START_MS, 7)
    assert.deepEqual(window.take(START_MS, 5), { taken: false, left: 0, waitMs: 61_000 })
    assert.deepEqual(window.take(START_MS + 61_000, 5), { taken: true, left: 4, waitMs: 61_000 })
  })

  for (const backMs of [1_000, 30_000, 3_600_000, START_MS]) {
    it(`lets nothing more through when the clock goes back ${backMs} ms, and lets go 61 s later`, () => {
      const window = createLimitWindow()
      window.add(START_MS, 5)
      const nowMs = START_MS - backMs
      assert.equal(window.take(nowMs, 5).taken, false)
      assert.equal(window.take(nowMs + 60_999, 5).taken, false)
      assert.equal(window.take(nowMs + 61_000, 5).taken, true)
    })
  }

  it('forgets everything after a long silence', () => {
    const window = createLimitWindow()
    window.add(START_MS, 5)
    assert.equal(window.take(START_MS + 86_400_000, 5).left, 4)
  })
})
