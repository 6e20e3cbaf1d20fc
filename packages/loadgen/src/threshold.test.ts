import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkThresholds, type Measured, parseThreshold, THRESHOLD_NAMES } from './threshold.ts'

const measured = (change: Partial<Measured>): Measured => ({
  ...(Object.fromEntries(THRESHOLD_NAMES.map((name) => [name, null])) as Measured),
  ...change,
})
const holds = (text: string, change: Partial<Measured>) =>
  checkThresholds([parseThreshold(text)], measured(change))[0]?.held

describe('thresholds', () => {
  for (const [text, limit] of [
    ['p99<250ms', 250],
    ['p99.9 <= 1.5s', 1_500],
    ['success>=99.9%', 0.999],
    ['errors<0.01', 0.01],
    ['dropped<=0', 0],
  ] as const)
    it(`reads ${text}`, () => assert.ok(Math.abs(parseThreshold(text).limit - limit) < 1e-12))

  it('holds on the right side of its limit only', () => {
    assert.equal(holds('p99<250ms', { p99: 249 }), true)
    assert.equal(holds('p99<250ms', { p99: 250 }), false)
    assert.equal(holds('p99<=250ms', { p99: 250 }), true)
    assert.equal(holds('success>=99%', { success: 0.989 }), false)
  })

  it('is missed when nothing was measured', () => assert.equal(holds('p99<250ms', {}), false))

  for (const [text, message] of [
    ['p99', /written 'p99<250ms'/],
    ['p98<1ms', /one of avg p50/],
    ['p99<250', /in ms or s/],
    ['dropped<1ms', /plain count/],
    ['success>99ms', /in %/],
    ['p99=250ms', /written/],
  ] as const)
    it(`refuses ${text} and says how it is written`, () => assert.throws(() => parseThreshold(text), message))
})
