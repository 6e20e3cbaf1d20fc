import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ReceiptStep } from '@sluice/contract/admin-api/receipts'
import { journeySentence, openSteps, repeatWords, timelineSteps } from './timeline.ts'

const at = (ms: number) => new Date(Date.parse('2026-01-02T03:04:05.000Z') + ms).toISOString()
const nowMs = Date.parse(at(12_000))
const source = { topic: 'events.raw', partition: 3, offset: 7 }
const accepted: ReceiptStep = { step: 'accepted', at: at(0) }
const appended: ReceiptStep = { step: 'appended', at: at(4), source }
const base = { receipt_id: '019b7ca9-8c88-7000-8000-000000000000', certain: true, ahead: null, oldest_waiting_at: null }

describe('a journey in one sentence', () => {
  it('says how long it took', () => {
    const steps = [accepted, appended, { step: 'stored' as const, at: at(41) }]
    assert.equal(journeySentence({ ...base, state: 'stored', steps }, nowMs), 'Stored 41 ms after it was accepted.')
    const redriven = [
      accepted,
      appended,
      { step: 'redriven' as const, at: at(5_000) },
      { step: 'stored' as const, at: at(6_000) },
    ]
    assert.equal(
      journeySentence({ ...base, state: 'stored', steps: redriven }, nowMs),
      'Stored 6 s after it was accepted, by a redrive.',
    )
  })

  it('says how long it waits, and behind how many', () => {
    const journey = { ...base, state: 'waiting' as const, steps: [accepted, appended], ahead: 310 }
    assert.equal(journeySentence(journey, nowMs), 'Waiting for 12 s, 310 ahead of it in partition 3.')
    assert.match(journeySentence({ ...journey, certain: false }, nowMs), /told by the times/)
  })

  it('says of an unknown one what the receipt itself tells', () => {
    assert.match(
      journeySentence({ ...base, state: 'unknown', steps: [] }, nowMs + 3_600_000),
      /^Unknown: made .* ago\. It is in no table and does not wait/,
    )
    assert.match(
      journeySentence({ ...base, receipt_id: 'x', state: 'unknown', steps: [] }, nowMs),
      /no receipt of this platform/,
    )
  })
})

describe('the timeline', () => {
  it('tells the time between the steps, and none where a time is not known', () => {
    const steps = timelineSteps([accepted, { step: 'appended', at: null }, { step: 'stored', at: at(41) }])
    assert.deepEqual(
      steps.map(({ gapMs }) => gapMs),
      [null, null, null],
    )
    assert.deepEqual(
      timelineSteps([accepted, appended]).map(({ gapMs }) => gapMs),
      [null, 4],
    )
  })

  it('shows what is still to come', () => {
    assert.deepEqual(openSteps({ state: 'waiting', steps: [accepted, appended] }), ['stored'])
    assert.deepEqual(openSteps({ state: 'waiting', steps: [accepted] }), ['appended', 'stored'])
    assert.deepEqual(openSteps({ state: 'stored', steps: [accepted] }), [])
  })

  it('counts suppressed repeats', () => {
    assert.equal(repeatWords({ count: 2, last_at: null }), '2 repeats of it were found and not stored again')
    assert.equal(repeatWords({ count: 0, last_at: null }), null)
    assert.equal(repeatWords(null), null)
  })
})
