import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { anAdmitRequest, aRetryOf, many, type OpenTestGate, openWith, outcomesOf } from './fixture.contract.ts'

/** The largest call, of 1,000 items. */
export function describeLargeCall(open: OpenTestGate): void {
  describe('large call', () => {
    it('admits 1,000 requests of many tenants, half of them repeats, and takes their ends', async (t) => {
      const { gate } = await openWith(open, t)
      const known = many(1_000, { limitPerMin: 5_000 }).map((request, nth) => ({
        ...request,
        tenantId: `tenant_${nth % 40}`,
      }))
      await gate.admit(known)
      await gate.settle(known.map((request) => ({ ...request, outcome: 'done' })))
      const mixed = known
        .flatMap((request) => [aRetryOf(request), anAdmitRequest({ limitPerMin: 5_000 })])
        .slice(0, 1_000)
      for (const [nth, verdict] of (await gate.admit(mixed)).entries()) {
        assert.ok('receiptId' in verdict && !verdict.degraded)
        assert.equal(verdict.outcome, nth % 2 === 0 ? 'duplicate' : 'claimed')
        assert.equal(verdict.receiptId, nth % 2 === 0 ? known[nth / 2]?.receiptId : mixed[nth]?.receiptId)
      }
      const { minutes } = await gate.counts(null, 2)
      const sum = (what: 'accepted' | 'duplicates') => minutes.reduce((total, minute) => total + minute[what], 0)
      assert.deepEqual([sum('accepted'), sum('duplicates')], [1_000, 500])
    })

    it('admits 1,000 requests with one key as one claim and 999 in flight', async (t) => {
      const { gate } = await openWith(open, t)
      const request = anAdmitRequest({ limitPerMin: 5_000 })
      const outcomes = outcomesOf(await gate.admit(Array.from({ length: 1_000 }, () => aRetryOf(request))))
      assert.equal(outcomes[0], 'claimed')
      assert.equal(outcomes.filter((outcome) => outcome === 'in_flight').length, 999)
    })
  })
}
