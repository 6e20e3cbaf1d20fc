import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTally } from './tally.ts'

const near = (actual: number | undefined, expected: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= expected / 500, `${actual} is not ${expected}`)

describe('tally of a run', () => {
  it('says null, not 0, where nothing was measured', () => {
    const facts = createTally().facts()
    assert.deepEqual(facts.latency, { fromSchedule: null, fromSending: null })
    assert.equal(facts.lateness, null)
    assert.equal(facts.unanswered, 0)
  })

  it('keeps latency from schedule and from sending apart', () => {
    const tally = createTally()
    for (let ms = 1; ms <= 100; ms++) tally.finished('accepted', { fromSchedule: ms * 10, fromSending: ms })
    const { fromSchedule, fromSending } = tally.facts().latency
    near(fromSchedule?.p50, 500)
    near(fromSchedule?.p99, 990)
    near(fromSchedule?.average, 505)
    near(fromSchedule?.max, 1_000)
    near(fromSending?.p95, 95)
  })

  it('does not let a fast 429 flatter the latency of the accepted', () => {
    const tally = createTally()
    tally.finished('accepted', { fromSchedule: 40, fromSending: 40 })
    tally.finished('duplicate', { fromSchedule: 60, fromSending: 60 })
    for (let n = 0; n < 98; n++) tally.finished('rate_limited', { fromSchedule: 1, fromSending: 1 })
    const { latency, latencyByOutcome, outcomes } = tally.facts()
    near(latency.fromSchedule?.average, 50)
    near(latencyByOutcome.rate_limited?.fromSchedule?.p99, 1)
    assert.equal(outcomes.rate_limited, 98)
  })

  it('counts what was sent and has no answer yet', () => {
    const tally = createTally()
    tally.sent('good', 0)
    tally.sent('bad', 3)
    tally.finished('timeout', { fromSchedule: 1, fromSending: 1 })
    tally.dropped()
    const { sent, unanswered, dropped, lateness } = tally.facts()
    assert.deepEqual([sent, unanswered, dropped], [{ good: 1, duplicate: 0, bad: 1 }, 1, 1])
    near(lateness?.max, 3)
  })
})
