import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type DeadLetterFacts, decodeDeadLetterHeaders, encodeDeadLetterHeaders } from './dead-letter.ts'

const facts: DeadLetterFacts = {
  reason: 'INVALID_FIELD',
  detail: 'payload must be a JSON object.',
  pointer: '/payload',
  stage: 'validate',
  failedAt: '2026-01-31T12:00:00.000Z',
  attempt: 2,
  source: { topic: 't', partition: 3, offset: 12_345_678_901n },
}

describe('dead-letter headers', () => {
  it('say the same after their way through the log', () => {
    for (const pointer of ['/payload', '/a~1b/ü', '', null])
      assert.deepEqual(decodeDeadLetterHeaders(encodeDeadLetterHeaders({ ...facts, pointer })), { ...facts, pointer })
  })

  it('of a foreign writer are no facts', () => {
    assert.equal(decodeDeadLetterHeaders({}), null)
    assert.equal(decodeDeadLetterHeaders({ ...encodeDeadLetterHeaders(facts), 'sluice-reason': 'BECAUSE' }), null)
    assert.equal(decodeDeadLetterHeaders({ ...encodeDeadLetterHeaders(facts), 'sluice-source-offset': '-1' }), null)
  })
})
