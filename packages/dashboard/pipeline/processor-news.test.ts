import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LagBody } from '@sluice/contract/admin-api/lag'
import { processorNews, processorState } from './processor-news.ts'

const nowMs = Date.parse('2026-01-02T03:05:00Z')
const at = (secondsAgo: number) => new Date(nowMs - secondsAgo * 1000).toISOString()
const aLag = (facts: Partial<LagBody>): LagBody => ({
  engine: 'postgres',
  group: 'sluice-processor',
  consuming: true,
  consuming_since: at(3_600),
  total_lag: 4,
  behind_seconds: 0.2,
  appended_per_second: 30,
  settled_per_second: 30,
  drain_seconds: 0,
  trend: 'steady',
  partitions: [],
  as_of: at(0),
  ...facts,
})
const aPoint = (secondsAgo: number, behind_seconds: number | null) => ({
  at: at(secondsAgo),
  total_lag: 0,
  behind_seconds,
  appended_per_second: null,
  settled_per_second: null,
  consuming: true,
})
const marks = [
  { at: at(180), what: 'stopped' as const, instance: 'p' },
  { at: at(60), what: 'started' as const, instance: 'p' },
]

describe('news of the processor', () => {
  it('says nothing while it keeps up', () =>
    assert.equal(processorNews(aLag({}), { data: [], marks: [] }, nowMs), null))

  it('says since when it is stopped, also when nobody knows what waits', () => {
    const stopped = { consuming: false, consuming_since: at(40) }
    assert.deepEqual(processorNews(aLag({ ...stopped, total_lag: 1_204 }), null, nowMs), {
      type: 'stopped',
      sinceMs: nowMs - 40_000,
      waiting: 1_204,
    })
    assert.equal(processorNews(aLag({ ...stopped, total_lag: null, partitions: null }), null, nowMs)?.type, 'stopped')
  })

  it('tells a processor that never ran from one whose work cannot be known', () => {
    assert.equal(processorNews(aLag({ consuming: false, consuming_since: null }), null, nowMs)?.type, 'never_ran')
    assert.deepEqual(processorNews(aLag({ total_lag: null, reason: 'The log does not answer.' }), null, nowMs), {
      type: 'unknown',
      reason: 'The log does not answer.',
    })
  })

  it('tells whether it catches up or falls behind', () => {
    const late = { total_lag: 1_204, behind_seconds: 40 }
    const draining = processorNews(
      aLag({ ...late, trend: 'draining', settled_per_second: 85, drain_seconds: 14 }),
      null,
      nowMs,
    )
    assert.deepEqual(draining, { type: 'catching_up', waiting: 1_204, perSecond: 85, emptyInSeconds: 14 })
    const growing = processorNews(
      aLag({ ...late, trend: 'growing', appended_per_second: 60, settled_per_second: 20 }),
      null,
      nowMs,
    )
    assert.deepEqual(growing, { type: 'growing', waiting: 1_204, byPerSecond: 40 })
  })

  it('tells for a minute after which time it caught up', () => {
    const data = [aPoint(50, 120), aPoint(40, null), aPoint(30, 0.4), aPoint(20, 0.1)]
    assert.deepEqual(processorNews(aLag({}), { data, marks }, nowMs), { type: 'caught_up', afterSeconds: 150 })
    assert.equal(processorNews(aLag({}), { data, marks }, nowMs + 31_000), null)
    assert.equal(processorNews(aLag({}), { data, marks: marks.slice(1) }, nowMs), null)
  })
})

describe('the state of the processor in one word', () => {
  it('is unknown where neither a sign of life nor the lag can be read: that is no standstill', () => {
    const words = [
      {},
      { consuming: false },
      { consuming: false, consuming_since: null },
      { consuming: false, total_lag: null },
      { consuming: false, consuming_since: null, total_lag: null },
    ].map((facts) => processorState(aLag(facts)))
    assert.deepEqual(words, ['running', 'stopped', 'stopped', 'stopped', 'unknown'])
  })
})
