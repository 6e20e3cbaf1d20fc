import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
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
  outcomesOf,
  settleOne,
  told,
  WINDOW_MS,
} from './fixture.contract.ts'

const IN_FLIGHT = { outcome: 'in_flight', retryAfterMs: 1_000 }

/** Which claim gets which verdict, and what ending it changes. */
export function describeClaims(open: OpenTestGate): void {
  describe('admit', () => {
    it('claims a fresh key with the receipt of its request', async (t) => {
      const { gate } = await openWith(open, t)
      const request = anAdmitRequest()
      assertClaimed(await admitOne(gate, request), request.receiptId)
    })

    it('says in flight while another try holds the key', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      clock.advance(LEASE_MS - 1)
      assert.deepEqual(told(await admitOne(gate, aRetryOf(request))), IN_FLIGHT)
    })

    it('says duplicate, with the first receipt, of what is in the log', async (t) => {
      const { gate } = await openWith(open, t)
      const request = await anAccepted(gate)
      const verdict = told(await admitOne(gate, aRetryOf(request)))
      assert.deepEqual(verdict, { outcome: 'duplicate', receiptId: request.receiptId })
    })

    it('says duplicate, not claimed, of its own call executed again after the event was done', async (t) => {
      const { gate } = await openWith(open, t)
      const request = await anAccepted(gate)
      const verdict = told(await admitOne(gate, request))
      assert.deepEqual(verdict, { outcome: 'duplicate', receiptId: request.receiptId })
    })

    for (const state of ['pending', 'done', 'unknown', 'pending with its lease over'] as const) {
      it(`says other body of another fingerprint under a key that is ${state}`, async (t) => {
        const { gate, clock } = await openWith(open, t)
        const request = anAdmitRequest()
        await gate.admit([request])
        if (state === 'done' || state === 'unknown') await settleOne(gate, request, state)
        if (state === 'pending with its lease over') clock.advance(LEASE_MS)
        const verdict = told(await admitOne(gate, { ...aRetryOf(request), fingerprint: OTHER_FINGERPRINT }))
        assert.deepEqual(verdict, { outcome: 'other_body' })
      })
    }

    it('says other body even to the holder of the key', async (t) => {
      const { gate } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      const verdict = told(await admitOne(gate, { ...request, fingerprint: OTHER_FINGERPRINT }))
      assert.deepEqual(verdict, { outcome: 'other_body' })
    })

    it('grants its own call, executed twice, again and renews the lease', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      clock.advance(LEASE_MS - 1)
      assertClaimed(await admitOne(gate, request), request.receiptId)
      clock.advance(LEASE_MS - 1)
      assert.deepEqual(told(await admitOne(gate, aRetryOf(request))), IN_FLIGHT)
    })

    it('hands key and first receipt to the next try once the lease is over', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      clock.advance(LEASE_MS)
      assertClaimed(await admitOne(gate, aRetryOf(request)), request.receiptId)
      assert.deepEqual(told(await admitOne(gate, request)), IN_FLIGHT, 'the old holder has lost it')
    })

    it('hands the key on at once when the try before it ended unknown', async (t) => {
      const { gate } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      await settleOne(gate, request, 'unknown')
      assertClaimed(await admitOne(gate, aRetryOf(request)), request.receiptId)
      assert.deepEqual(told(await admitOne(gate, aRetryOf(request))), IN_FLIGHT)
    })

    it('forgets an accepted key after the window, and repeats do not make it longer', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const request = await anAccepted(gate)
      clock.advance(WINDOW_MS - 1)
      assert.equal((await admitOne(gate, aRetryOf(request))).outcome, 'duplicate')
      clock.advance(1)
      const again = { ...aRetryOf(request), fingerprint: OTHER_FINGERPRINT }
      assertClaimed(await admitOne(gate, again), again.receiptId)
    })

    it('counts the window from done, not from the claim', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      clock.advance(LEASE_MS)
      await settleOne(gate, request, 'done')
      clock.advance(WINDOW_MS - 1)
      assert.equal((await admitOne(gate, aRetryOf(request))).outcome, 'duplicate')
    })

    it('counts the window of an unknown try from its last claim', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const request = anAdmitRequest()
      await gate.admit([request])
      await settleOne(gate, request, 'unknown')
      clock.advance(WINDOW_MS)
      const again = aRetryOf(request)
      assertClaimed(await admitOne(gate, again), again.receiptId)
    })

    it('keeps a running lease though the window is shorter', async (t) => {
      const { gate, clock } = await openWith(open, t, { windowMs: 1_000 })
      const request = anAdmitRequest()
      await gate.admit([request])
      clock.advance(LEASE_MS - 1)
      assert.deepEqual(told(await admitOne(gate, aRetryOf(request))), IN_FLIGHT)
      clock.advance(1)
      const again = aRetryOf(request)
      assertClaimed(await admitOne(gate, again), again.receiptId)
    })

    it('claims a key once that comes twice in one call', async (t) => {
      const { gate } = await openWith(open, t)
      const request = anAdmitRequest()
      const retry = aRetryOf(request)
      const other = { ...aRetryOf(request), fingerprint: OTHER_FINGERPRINT }
      const verdicts = await gate.admit([request, retry, other, request])
      assert.deepEqual(outcomesOf(verdicts), ['claimed', 'in_flight', 'other_body', 'claimed'])
    })

    it('claims a key once that comes twice in one call after it was forgotten', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const request = await anAccepted(gate)
      clock.advance(WINDOW_MS)
      const verdicts = await gate.admit([aRetryOf(request), aRetryOf(request)])
      assert.deepEqual(outcomesOf(verdicts), ['claimed', 'in_flight'])
    })

    it('answers in the order of a call whose tenants and verdicts are mixed', async (t) => {
      const { gate } = await openWith(open, t)
      const a = await anAccepted(gate, { tenantId: 'tenant_a' })
      const b = await anAccepted(gate, { tenantId: 'tenant_b' })
      const fresh = anAdmitRequest({ tenantId: 'tenant_b' })
      const verdicts = await gate.admit([aRetryOf(b), fresh, aRetryOf(a), aRetryOf(fresh), aRetryOf(b)])
      assert.deepEqual(verdicts.map(told), [
        { outcome: 'duplicate', receiptId: b.receiptId },
        { outcome: 'claimed', receiptId: fresh.receiptId },
        { outcome: 'duplicate', receiptId: a.receiptId },
        IN_FLIGHT,
        { outcome: 'duplicate', receiptId: b.receiptId },
      ])
    })

    it('keeps keys apart that differ in a colon or in case', async (t) => {
      const { gate } = await openWith(open, t)
      const keys = ['a:b', 'a', 'ab', 'A:b', 'a:B', ':a:b', 'a::b', 'a:b:']
      const verdicts = await gate.admit(keys.map((idempotencyKey) => anAdmitRequest({ idempotencyKey })))
      assert.deepEqual(new Set(outcomesOf(verdicts)), new Set(['claimed']))
    })

    it('keeps the keys of tenants apart', async (t) => {
      const { gate } = await openWith(open, t)
      await anAccepted(gate, { tenantId: 'tenant_a', idempotencyKey: 'one' })
      const other = anAdmitRequest({ tenantId: 'TENANT_A', idempotencyKey: 'one', fingerprint: OTHER_FINGERPRINT })
      assertClaimed(await admitOne(gate, other), other.receiptId)
      assert.equal(await gate.find('tenant_b', 'one'), null)
    })

    it('takes tenant ids and keys that a query or an array could misread', async (t) => {
      const { gate } = await openWith(open, t)
      const requests = ['NULL', '-', '_'].flatMap((tenantId) =>
        ['NULL', '{}', '"\\', "';--", ','].map((idempotencyKey) => anAdmitRequest({ tenantId, idempotencyKey })),
      )
      assert.deepEqual(new Set(outcomesOf(await gate.admit(requests))), new Set(['claimed']))
      assert.deepEqual(new Set(outcomesOf(await gate.admit(requests.map(aRetryOf)))), new Set(['in_flight']))
    })

    it('answers a call of nothing with nothing', async (t) => {
      const { gate } = await openWith(open, t)
      assert.deepEqual(await gate.admit([]), [])
      await gate.settle([])
    })
  })
}
