import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AdmitRequest, ClaimOutcome } from '../gate.ts'
import {
  admitOne,
  anAccepted,
  anAdmitRequest,
  aRetryOf,
  assertClaimed,
  LEASE_MS,
  type OpenTestGate,
  OTHER_FINGERPRINT,
  openWith,
  settleOne,
  told,
  WINDOW_MS,
} from './fixture.contract.ts'

/** What ending a claim changes, and what it does not. */
export function describeSettle(open: OpenTestGate): void {
  describe('settle', () => {
    it('gives the key back when the log refused: another body may come', async (t) => {
      const { gate } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      await settleOne(gate, request, 'refused')
      const other = { ...aRetryOf(request), fingerprint: OTHER_FINGERPRINT }
      assertClaimed(await admitOne(gate, other), other.receiptId)
    })

    it('remembers the key when the log refused a try that was not the first', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      clock.advance(LEASE_MS)
      const retry = aRetryOf(request)
      await gate.admit([retry])
      await settleOne(gate, retry, 'refused')
      assert.deepEqual(told(await admitOne(gate, { ...aRetryOf(request), fingerprint: OTHER_FINGERPRINT })), {
        outcome: 'other_body',
      })
      assertClaimed(await admitOne(gate, aRetryOf(request)), request.receiptId)
    })

    it('remembers the key when a renewed claim of a second try is refused', async (t) => {
      const { gate } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      await settleOne(gate, request, 'unknown')
      const retry = aRetryOf(request)
      await gate.admit([retry])
      await gate.admit([retry])
      await settleOne(gate, retry, 'refused')
      assertClaimed(await admitOne(gate, aRetryOf(request)), request.receiptId)
    })

    it('takes done from an old holder whose key was handed on: the event is in the log', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      clock.advance(LEASE_MS)
      const retry = aRetryOf(request)
      await gate.admit([retry])
      await settleOne(gate, request, 'done')
      assert.equal((await admitOne(gate, aRetryOf(request))).outcome, 'duplicate')
      await settleOne(gate, retry, 'refused')
      assert.equal((await admitOne(gate, aRetryOf(request))).outcome, 'duplicate')
    })

    for (const outcome of ['refused', 'unknown'] as const) {
      it(`takes no ${outcome} from an old holder`, async (t) => {
        const { gate, clock } = await openWith(open, t)
        const request = anAdmitRequest()
        await gate.admit([request])
        clock.advance(LEASE_MS)
        await gate.admit([aRetryOf(request)])
        await settleOne(gate, request, outcome)
        assert.equal((await admitOne(gate, aRetryOf(request))).outcome, 'in_flight')
      })

      it(`takes no ${outcome} for what is done`, async (t) => {
        const { gate } = await openWith(open, t)
        const request = await anAccepted(gate)
        await settleOne(gate, request, outcome)
        assert.equal((await admitOne(gate, aRetryOf(request))).outcome, 'duplicate')
      })

      it(`takes ${outcome} of a key that it does not know for nothing`, async (t) => {
        const { gate } = await openWith(open, t)
        const request = anAdmitRequest()
        await settleOne(gate, request, outcome)
        assert.equal(await gate.find(request.tenantId, request.idempotencyKey), null)
      })
    }

    it('remembers done of a key that it has forgotten, or never saw', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      clock.advance(WINDOW_MS)
      await settleOne(gate, request, 'done')
      assert.equal((await admitOne(gate, aRetryOf(request))).outcome, 'duplicate')

      const unseen = anAdmitRequest({ tenantId: 'tenant_b' })
      await settleOne(gate, unseen, 'done')
      assert.equal((await admitOne(gate, aRetryOf(unseen))).outcome, 'duplicate')
    })

    it('lets the first done stand', async (t) => {
      const { gate } = await openWith(open, t)
      const request = await anAccepted(gate)
      await settleOne(gate, { ...aRetryOf(request), fingerprint: OTHER_FINGERPRINT }, 'done')
      const verdict = told(await admitOne(gate, aRetryOf(request)))
      assert.deepEqual(verdict, { outcome: 'duplicate', receiptId: request.receiptId })
    })

    it('puts what is in the log above a claim with another body', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      clock.advance(WINDOW_MS)
      const other = { ...aRetryOf(request), fingerprint: OTHER_FINGERPRINT }
      await gate.admit([other])
      await settleOne(gate, request, 'done')
      const verdict = told(await admitOne(gate, aRetryOf(request)))
      assert.deepEqual(verdict, { outcome: 'duplicate', receiptId: request.receiptId })
    })

    it('ends the claims of one call each with its own outcome', async (t) => {
      const { gate } = await openWith(open, t)
      const requests = (['done', 'refused', 'unknown', 'done'] as const).map((outcome, nth) => ({
        ...anAdmitRequest({ tenantId: nth % 2 === 0 ? 'tenant_a' : 'tenant_b' }),
        outcome,
      }))
      await gate.admit(requests)
      await gate.settle(requests)
      const found = await Promise.all(requests.map((one) => gate.find(one.tenantId, one.idempotencyKey)))
      assert.deepEqual(
        found.map((claim) => claim?.state),
        ['accepted', undefined, 'unknown', 'accepted'],
      )
    })

    it('ends the claim of its own tenant alone', async (t) => {
      const { gate } = await openWith(open, t)
      const a = anAdmitRequest({ tenantId: 'tenant_a', idempotencyKey: 'one' })
      const b = { ...aRetryOf(a), tenantId: 'tenant_b', token: a.token }
      await gate.admit([a, b])
      await settleOne(gate, a, 'done')
      assert.equal((await admitOne(gate, aRetryOf(b))).outcome, 'in_flight')
      await settleOne(gate, b, 'refused')
      assert.equal(await gate.find('tenant_b', 'one'), null)
      assert.equal((await gate.find('tenant_a', 'one'))?.state, 'accepted')
    })

    it('ends one key in one call as if one after the other', async (t) => {
      const { gate } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      const twin = { ...aRetryOf(request), fingerprint: OTHER_FINGERPRINT }
      const end = (of: AdmitRequest, outcome: ClaimOutcome['outcome']) => ({ ...of, outcome })
      await gate.settle([end(request, 'refused'), end(request, 'done'), end(twin, 'done'), end(request, 'unknown')])
      const verdict = told(await admitOne(gate, aRetryOf(request)))
      assert.deepEqual(verdict, { outcome: 'duplicate', receiptId: request.receiptId })
    })
  })

  describe('find', () => {
    it('knows nothing of a key that never came, was refused or is forgotten', async (t) => {
      const { gate, clock } = await openWith(open, t)
      assert.equal(await gate.find('tenant_a', 'never'), null)
      const { tenantId, idempotencyKey } = await anAccepted(gate)
      clock.advance(WINDOW_MS)
      assert.equal(await gate.find(tenantId, idempotencyKey), null)
    })

    it('tells state, receipt and end of a claim through its life', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const request = anAdmitRequest()
      const { tenantId, idempotencyKey, receiptId } = request
      const find = () => gate.find(tenantId, idempotencyKey)
      const forgottenIn = (ms: number) => new Date(clock.now() + ms)

      await gate.admit([request])
      assert.deepEqual(await find(), { state: 'in_flight', receiptId, expiresAt: forgottenIn(WINDOW_MS) })
      clock.advance(LEASE_MS)
      assert.deepEqual(await find(), { state: 'unknown', receiptId, expiresAt: forgottenIn(WINDOW_MS - LEASE_MS) })
      await settleOne(gate, request, 'unknown')
      assert.deepEqual(await find(), { state: 'unknown', receiptId, expiresAt: forgottenIn(WINDOW_MS - LEASE_MS) })
      await settleOne(gate, request, 'done')
      assert.deepEqual(await find(), { state: 'accepted', receiptId, expiresAt: forgottenIn(WINDOW_MS) })
    })

    it('tells the end of a lease that outlives the window', async (t) => {
      const { gate, clock } = await openWith(open, t, { windowMs: 1_000 })
      const request = anAdmitRequest()
      await gate.admit([request])
      const found = await gate.find(request.tenantId, request.idempotencyKey)
      assert.deepEqual(found?.expiresAt, new Date(clock.now() + LEASE_MS))
    })

    it('takes nothing: neither the limit nor the claim is another one after it', async (t) => {
      const { gate } = await openWith(open, t)
      const { tenantId, idempotencyKey } = anAdmitRequest({ limitPerMin: 1 })
      await gate.find(tenantId, idempotencyKey)
      const request = anAdmitRequest({ idempotencyKey, limitPerMin: 1 })
      assertClaimed(await admitOne(gate, request), request.receiptId)
    })
  })
}
