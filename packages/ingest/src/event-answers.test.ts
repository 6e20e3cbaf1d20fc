import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Acceptance } from './accept-events.ts'
import { OVERLOADED, rateLimitPolicy, toAnswer, toProblem } from './event-answers.ts'

const facts = { degraded: false, limit: null } as const
const waits = (ms: number): Acceptance => ({ ...facts, type: 'over_limit', retryAfterMs: ms })
const headerOf = (headers: readonly string[], name: string) => headers[headers.indexOf(name) + 1]

describe('answers to events', () => {
  for (const [ms, seconds] of [
    [0, '1'],
    [1_000, '1'],
    [1_001, '2'],
    [60_999, '61'],
  ] as const)
    it(`tells a wait of ${ms} ms as ${seconds} s`, () =>
      assert.equal(headerOf(toAnswer(waits(ms), 'r1').headers, 'Retry-After'), seconds))

  it('shows what is left of the limit, and that the gate was away', () => {
    const { headers } = toAnswer(
      {
        type: 'accepted',
        duplicate: false,
        receiptId: 'id',
        degraded: true,
        limit: { limitPerMin: 5, left: 3, resetMs: 1_500 },
      },
      'r1',
    )
    assert.equal(headerOf(headers, 'RateLimit'), '"default";r=3;t=2')
    assert.equal(headerOf(headers, 'Sluice-Degraded'), 'gate')
    assert.deepEqual(rateLimitPolicy(5), ['RateLimit-Policy', '"default";q=5;w=60'])
  })

  it('shows no limit when the gate was not asked', () => {
    const { headers } = toAnswer({ ...facts, type: 'log_unavailable' }, 'r1')
    assert.equal(headers.includes('RateLimit'), false)
  })

  it('asks who finds it overloaded to come again within 5 s', () => {
    const { status, headers, body } = toProblem(OVERLOADED, 'r1')
    assert.deepEqual([status, headerOf(headers, 'Retry-After')], [503, '1'])
    assert.deepEqual(JSON.parse(body), {
      type: '/problems/overloaded',
      title: 'Too much is under way',
      status: 503,
      detail: OVERLOADED.detail,
      code: 'OVERLOADED',
      request_id: 'r1',
    })
  })
})
