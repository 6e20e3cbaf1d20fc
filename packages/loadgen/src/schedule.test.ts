import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSchedule, lastDueAt, type Schedule } from './schedule.ts'

const even = (rate: number, durationMs: number) => createSchedule([{ durationMs, fromRate: rate, toRate: rate }])

function perSecond(schedule: Schedule): number[] {
  const counts = new Array<number>(Math.ceil(schedule.durationMs / 1_000)).fill(0)
  for (let seq = 0; seq < schedule.count; seq++) {
    const second = Math.floor(schedule.dueMs(seq) / 1_000)
    counts[second] = (counts[second] ?? 0) + 1
  }
  return counts
}

describe('schedule', () => {
  for (const [rate, durationMs, count] of [
    [200, 60_000, 12_000],
    [5, 3_000, 15],
    [0.5, 1_000, 1],
    [0.1, 60_000, 6],
    [3, 100, 1],
    [10, 300, 3],
  ] as const)
    it(`has ${count} events for ${rate}/s over ${durationMs} ms, all of them due inside it`, () => {
      const schedule = even(rate, durationMs)
      assert.equal(schedule.count, count)
      assert.equal(schedule.dueMs(0), 0)
      assert.ok(schedule.dueMs(count - 1) < durationMs)
    })

  it('gives every second of a run the same load', () => {
    assert.deepEqual(perSecond(even(7, 10_000)), new Array(10).fill(7))
  })

  it('rises evenly over a ramp and never goes back in time', () => {
    const ramp = createSchedule([
      { durationMs: 4_000, fromRate: 0, toRate: 80 },
      { durationMs: 2_000, fromRate: 80, toRate: 80 },
    ])
    assert.equal(ramp.count, 320)
    const counts = perSecond(ramp)
    for (const [second, expected] of [10, 30, 50, 70, 80, 80].entries())
      assert.ok(Math.abs((counts[second] ?? 0) - expected) <= 1, `second ${second}: ${counts[second]}`)
    for (let seq = 1; seq < ramp.count; seq++) assert.ok(ramp.dueMs(seq) > ramp.dueMs(seq - 1))
  })

  it('falls as evenly', () => {
    const counts = perSecond(createSchedule([{ durationMs: 2_000, fromRate: 100, toRate: 0 }]))
    assert.ok(Math.abs((counts[0] ?? 0) - 75) <= 1 && Math.abs((counts[1] ?? 0) - 25) <= 1, `${counts}`)
  })

  it('tells the last event that is due at a moment', () => {
    const schedule = even(10, 1_000)
    assert.equal(lastDueAt(schedule, -1), -1)
    assert.equal(lastDueAt(schedule, 0), 0)
    assert.equal(lastDueAt(schedule, 250), 2)
    assert.equal(lastDueAt(schedule, 99_999), 9)
  })
})
