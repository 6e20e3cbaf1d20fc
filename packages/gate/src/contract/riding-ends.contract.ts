import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import {
  admitOne,
  anAccepted,
  anAdmitRequest,
  aRetryOf,
  type OpenTestGate,
  openWith,
  outcomesOf,
  settleOne,
  told,
} from './fixture.contract.ts'

/** So long that nothing but a call takes them along. */
const FOR_EVER = { rideMs: 600_000 }

/** Ends of claims that wait for the next call. */
export function describeRidingEnds(open: OpenTestGate): void {
  describe('ends that travel with the next admit', () => {
    it('are seen by it, whichever they are', async (t) => {
      const { gate } = await openWith(open, t, FOR_EVER)
      const [done, refused, unknown] = [anAdmitRequest(), anAdmitRequest(), anAdmitRequest()]
      await gate.admit([done, refused, unknown])
      await settleOne(gate, done, 'done')
      await settleOne(gate, refused, 'refused')
      await settleOne(gate, unknown, 'unknown')
      const again = [done, refused, unknown].map(aRetryOf)
      const verdicts = await gate.admit(again)
      assert.deepEqual(verdicts.map(told), [
        { outcome: 'duplicate', receiptId: done.receiptId },
        { outcome: 'claimed', receiptId: again[1]?.receiptId },
        { outcome: 'claimed', receiptId: unknown.receiptId },
      ])
    })

    it('may be of other tenants, or of more of them', async (t) => {
      const { gate } = await openWith(open, t, FOR_EVER)
      const tenants = ['tenant_c', 'tenant_a', 'tenant_b']
      const accepted = await Promise.all(tenants.map((tenantId) => anAccepted(gate, { tenantId })))
      const other = anAdmitRequest({ tenantId: 'tenant_0' })
      assert.equal((await admitOne(gate, other)).outcome, 'claimed')
      assert.deepEqual(outcomesOf(await gate.admit(accepted.map(aRetryOf))), ['duplicate', 'duplicate', 'duplicate'])
    })

    it('are counted, and found, by this gate before they have left', async (t) => {
      const { gate } = await openWith(open, t, FOR_EVER)
      const request = await anAccepted(gate)
      assert.equal((await gate.counts('tenant_a', 1)).minutes[0]?.accepted, 1)
      await anAccepted(gate)
      assert.equal((await gate.find(request.tenantId, request.idempotencyKey))?.state, 'accepted')
      assert.equal((await gate.counts('tenant_a', 1)).minutes[0]?.accepted, 2)
    })

    it('go by themselves when no admit comes, and another gate sees them', async (t) => {
      const { gate, another } = await openWith(open, t, { rideMs: 1 })
      const request = await anAccepted(gate)
      await eventually(async () => (await admitOne(another, aRetryOf(request))).outcome === 'duplicate')
    })

    it('go before the gate closes', async (t) => {
      const { gate, another } = await openWith(open, t, FOR_EVER)
      const request = await anAccepted(gate)
      await gate[Symbol.asyncDispose]()
      assert.equal((await admitOne(another, aRetryOf(request))).outcome, 'duplicate')
    })

    it('never wait in a circle with those of another gate', async (t) => {
      const { gate, another } = await openWith(open, t, FOR_EVER)
      const tenants = Array.from({ length: 20 }, (_, nth) => `tenant_${nth}`)
      // Each gate ends what it holds of some tenants while it asks for the others: in one order here, in the other there.
      const rounds = Array.from({ length: 20 }, async (_, round) => {
        for (const [mine, own] of [
          [gate, tenants],
          [another, tenants.toReversed()],
        ] as const) {
          const tenantId = own[round] ?? ''
          const request = anAdmitRequest({ tenantId, limitPerMin: 100_000 })
          const verdict = await admitOne(mine, request)
          assert.deepEqual([verdict.outcome, verdict.degraded], ['claimed', false])
          await settleOne(mine, request, 'done')
        }
      })
      await Promise.all(rounds)
    })
  })
}
