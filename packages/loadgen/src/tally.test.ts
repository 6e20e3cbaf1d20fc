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
    for (let ms = 1; ms <= 100; ms++) tally.finished('a', 'accepted', { fromSchedule: ms * 10, fromSending: ms })
    const { fromSchedule, fromSending } = tally.facts().latency
    near(fromSchedule?.p50, 500)
    near(fromSchedule?.p99, 990)
    near(fromSchedule?.average, 505)
    near(fromSchedule?.max, 1_000)
    near(fromSending?.p95, 95)
  })

  it('does not let a fast 429 flatter the latency of the accepted', () => {
    const tally = createTally()
    tally.finished('a', 'accepted', { fromSchedule: 40, fromSending: 40 })
    tally.finished('a', 'duplicate', { fromSchedule: 60, fromSending: 60 })
    for (let n = 0; n < 98; n++) tally.finished('a', 'rate_limited', { fromSchedule: 1, fromSending: 1 })
    const { latency, latencyByOutcome, outcomes } = tally.facts()
    near(latency.fromSchedule?.average, 50)
    near(latencyByOutcome.rate_limited?.fromSchedule?.p99, 1)
    assert.equal(outcomes.rate_limited, 98)
  })

  it('counts what was sent and has no answer yet', () => {
    const tally = createTally()
    tally.sent({ class: 'good', tenantId: 'a' }, 0)
    tally.sent({ class: 'bad-at-processor', tenantId: 'a' }, 3)
    tally.finished('a', 'timeout', { fromSchedule: 1, fromSending: 1 })
    tally.dropped()
    const { sent, unanswered, dropped, lateness } = tally.facts()
    assert.deepEqual([sent.good, sent['bad-at-processor'], unanswered, dropped], [1, 1, 1, 1])
    near(lateness?.max, 3)
  })

  it('keeps tenants apart, and adds them up', () => {
    const tally = createTally()
    for (const tenantId of ['a', 'a', 'b']) tally.sent({ class: 'good', tenantId }, 0)
    tally.finished('a', 'accepted', { fromSchedule: 10, fromSending: 10 })
    tally.finished('a', 'rate_limited', { fromSchedule: 1, fromSending: 1 })
    tally.finished('b', 'accepted', { fromSchedule: 90, fromSending: 90 })
    const { byTenant, outcomes, latency } = tally.facts()
    assert.deepEqual([byTenant.a?.sent, byTenant.b?.sent, outcomes.accepted], [2, 1, 2])
    near(byTenant.a?.latency.fromSchedule?.max, 10)
    near(byTenant.b?.latency.fromSchedule?.max, 90)
    assert.equal(byTenant.a?.outcomes.rate_limited, 1)
    near(latency.fromSchedule?.max, 90)
  })

  it('draws the accepted as bars', () => {
    const tally = createTally()
    for (const ms of [1, 1.5, 30, 100_000]) tally.finished('a', 'accepted', { fromSchedule: ms, fromSending: ms })
    tally.finished('a', 'rate_limited', { fromSchedule: 0.1, fromSending: 0.1 })
    const { bars } = tally.facts()
    const held = bars.filter(({ count }) => count > 0).map(({ upToMs, count }) => [upToMs, count])
    assert.deepEqual(held, [
      [1, 1],
      [2, 1],
      [50, 1],
      [Number.POSITIVE_INFINITY, 1],
    ])
    assert.equal(bars[0]?.upToMs, 1)
  })
})
