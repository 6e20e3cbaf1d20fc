import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { measuredOf, type RunFacts } from '../run-facts.ts'
import { createTally, type Tally } from '../tally.ts'
import { checkThresholds, parseThreshold } from '../threshold.ts'
import { renderJson, renderText } from './report.ts'

function aRun(fill: (tally: Tally) => void, changed: Partial<RunFacts> = {}): RunFacts {
  const tally = createTally()
  fill(tally)
  return {
    url: 'http://127.0.0.1:8080/',
    runId: 'run',
    seed: 7,
    startedAt: '2026-01-01T00:00:00.000Z',
    scenario: null,
    ledger: null,
    tenants: ['tenant_a'],
    askedRatePerSecond: 2,
    askedMs: 5_000,
    askedEvents: 10,
    sendingMs: 4_500,
    elapsedMs: 4_600,
    interrupted: false,
    tally: tally.facts(),
    ...changed,
  }
}
const tenEvents = (tally: Tally) => {
  const took = { fromSchedule: 20, fromSending: 5 }
  for (let n = 0; n < 10; n++) tally.sent({ class: n === 9 ? 'dup-same' : 'good', tenantId: 'tenant_a' }, 0.5)
  for (let n = 0; n < 6; n++) tally.finished('tenant_a', 'accepted', took)
  tally.finished('tenant_a', 'duplicate', took)
  tally.finished('tenant_a', 'rate_limited', took)
  tally.finished('tenant_a', 'in_flight', took)
  tally.finished('tenant_a', 'timeout', took)
}
const jsonOf = (facts: RunFacts) => JSON.parse(renderJson(facts))

describe('report', () => {
  it('adds up: outcomes are what was sent, success is what was taken in', () => {
    const report = jsonOf(aRun(tenEvents))
    const total = Object.values<number>(report.outcomes).reduce((sum, count) => sum + count, 0)
    assert.equal(total + report.unanswered, report.sent)
    assert.equal(report.success_rate, 0.7)
    assert.equal(report.other_errors, 2)
    assert.equal(report.achieved_rate, 2)
  })

  it('measures a run cut short over the time it had', () => {
    const report = jsonOf(aRun(tenEvents, { interrupted: true, sendingMs: 2_500 }))
    assert.equal(report.interrupted, true)
    assert.equal(report.achieved_rate, 4)
    assert.match(report.warnings[0], /^Interrupted/)
  })

  it('does not claim a rate that it missed', () => {
    assert.equal(jsonOf(aRun(tenEvents, { sendingMs: 10_000 })).achieved_rate, 1)
  })

  it('says unknown when nothing was answered', () => {
    const facts = aRun((tally) => tally.sent({ class: 'good', tenantId: 'tenant_a' }, 0))
    assert.equal(jsonOf(facts).success_rate, null)
    assert.match(renderText(facts), /success rate +unknown/)
  })

  it('warns when the generator itself was late', () => {
    const late = aRun((tally) => tally.sent({ class: 'good', tenantId: 'tenant_a' }, 50))
    assert.equal(jsonOf(late).generator_was_late, true)
    assert.match(renderText(late), /! The generator itself sent late \(p99 50\.0 ms\)/)
    assert.equal(
      jsonOf(aRun((tally) => tally.sent({ class: 'good', tenantId: 'tenant_a' }, 2))).generator_was_late,
      false,
    )
  })

  it('warns of dropped, limited and unauthenticated events', () => {
    const text = renderText(
      aRun((tally) => {
        tally.dropped()
        tally.sent({ class: 'good', tenantId: 'tenant_a' }, 0)
        tally.sent({ class: 'good', tenantId: 'tenant_a' }, 0)
        tally.finished('tenant_a', 'rate_limited', { fromSchedule: 1, fromSending: 1 })
        tally.finished('tenant_a', 'unauthenticated', { fromSchedule: 1, fromSending: 1 })
      }),
    )
    for (const part of [/--max-in-flight/, /RATE_LIMIT_PER_MIN/, /--keys/]) assert.match(text, part)
  })

  it('shows people both latencies and names every kind of error', () => {
    const text = renderText(aRun(tenEvents))
    assert.match(text, /from schedule[^\n]+20\.\d ms/)
    assert.match(text, /from sending[^\n]+5\.\d ms/)
    assert.match(text, /other errors +2 \(409 first still under way: 1, time-out: 1\)/)
    assert.match(text, /^429 +1$/m)
  })

  it('does not call an error what was made to be refused', () => {
    const report = jsonOf(
      aRun((tally) => {
        tenEvents(tally)
        tally.sent({ class: 'dup-conflict', tenantId: 'tenant_a' }, 0)
        tally.finished('tenant_a', 'unprocessable', { fromSchedule: 1, fromSending: 1 })
        tally.refusedAsMeant()
      }),
    )
    assert.deepEqual([report.success_rate, report.other_errors, report.refused_as_meant], [0.7, 2, 1])
  })

  it('tells whether the thresholds were kept, and what was measured', () => {
    const facts = aRun(tenEvents)
    const results = checkThresholds(['p99<25ms', 'success>=99%', 'rate>=95%'].map(parseThreshold), measuredOf(facts))
    assert.deepEqual(
      results.map(({ held }) => held),
      [true, false, true],
    )
    const text = renderText(facts, results)
    assert.match(text, /^✔ p99<25ms$/m)
    assert.match(text, /^! Threshold missed: success>=99% \(0\.7\)\.$/m)
  })

  it('draws the latencies of the accepted', () => {
    assert.match(renderText(aRun(tenEvents)), /≤ 20 ms {2}█{40} 7$/m)
  })
})
