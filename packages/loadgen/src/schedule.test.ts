import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSchedule } from './schedule.ts'

describe('schedule', () => {
  for (const [ratePerSecond, durationMs, count] of [
    [200, 60_000, 12_000],
    [5, 3_000, 15],
    [0.5, 1_000, 1],
    [0.1, 60_000, 6],
    [3, 100, 1],
    [10, 300, 3],
  ] as const)
    it(`has ${count} events for ${ratePerSecond}/s over ${durationMs} ms, all of them due inside it`, () => {
      const schedule = createSchedule({ ratePerSecond, durationMs })
      assert.equal(schedule.count, count)
      assert.equal(schedule.dueMs(0), 0)
      assert.ok(schedule.dueMs(count - 1) < durationMs)
    })

  it('gives every second of a run the same load', () => {
    const schedule = createSchedule({ ratePerSecond: 7, durationMs: 10_000 })
    const perSecond = new Array<number>(10).fill(0)
    for (let seq = 0; seq < schedule.count; seq++) {
      const second = Math.floor(schedule.dueMs(seq) / 1_000)
      perSecond[second] = (perSecond[second] ?? 0) + 1
    }
    assert.deepEqual(perSecond, new Array(10).fill(7))
  })
})
