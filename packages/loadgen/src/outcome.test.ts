import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ERROR_OUTCOMES, toOutcome } from './outcome.ts'

const answer = (status: number, body = '{}') =>
  toOutcome({ type: 'answer', status, body, retryAfter: null, degraded: false })

describe('outcome of a request', () => {
  it('tells an accepted event from a duplicate', () => {
    assert.equal(answer(202, '{"duplicate":false}'), 'accepted')
    assert.equal(answer(202, '{"duplicate":true}'), 'duplicate')
  })

  it('does not believe a 202 that does not come from ingest', () => {
    for (const body of ['', 'ok', '[]', 'null', '{}', '{"duplicate":"no"}'])
      assert.equal(answer(202, body), 'unexpected')
  })

  for (const [status, outcome] of [
    [200, 'unexpected'],
    [302, 'unexpected'],
    [400, 'other_4xx'],
    [401, 'unauthenticated'],
    [408, 'other_4xx'],
    [409, 'in_flight'],
    [413, 'other_4xx'],
    [422, 'unprocessable'],
    [429, 'rate_limited'],
    [500, 'server_error'],
    [503, 'server_error'],
  ] as const)
    it(`calls ${status} ${outcome}`, () => assert.equal(answer(status), outcome))

  it('keeps silence and a missing connection apart', () => {
    for (const reason of ['timeout', 'connection'] as const)
      assert.equal(toOutcome({ type: 'failure', reason, code: 'X' }), reason)
  })

  it('does not count the limit among the errors', () => {
    assert.ok(!ERROR_OUTCOMES.includes('rate_limited') && ERROR_OUTCOMES.includes('in_flight'))
  })
})
