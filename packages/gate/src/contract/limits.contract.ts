import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AdmitRequest, Gate, Verdict } from '../gate.ts'
import {
  admitOne,
  anAccepted,
  anAdmitRequest,
  aRetryOf,
  LEASE_MS,
  many,
  type OpenTestGate,
  OTHER_FINGERPRINT,
  openWith,
  outcomesOf,
  PATIENT,
  START_MS,
  WINDOW_MS,
} from './fixture.contract.ts'

const passed = (verdicts: readonly Verdict[]) => verdicts.filter(({ outcome }) => outcome !== 'over_limit').length

async function passedOf(gate: Gate, count: number, known: Partial<AdmitRequest>): Promise<number> {
  return passed(await gate.admit(many(count, known)))
}

/** The ms until the second that began with `takenAtMs` no longer counts. */
const outOfWindow = (takenAtMs: number, nowMs: number) => (Math.floor(takenAtMs / 1_000) + 61) * 1_000 - nowMs

/** How many pass, and what those that do not are told. */
export function describeLimits(open: OpenTestGate): void {
  describe('limit', () => {
    it('lets the limit through and not one more', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const verdicts = await gate.admit(many(4, { limitPerMin: 3 }))
      assert.deepEqual(outcomesOf(verdicts), ['claimed', 'claimed', 'claimed', 'over_limit'])
      const waitMs = outOfWindow(START_MS, clock.now())
      assert.deepEqual(verdicts[3], {
        degraded: false,
        outcome: 'over_limit',
        left: 0,
        resetMs: waitMs,
        retryAfterMs: waitMs,
      })
    })

    it('tells what is left, and when that grows', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const limits = async () => {
        const { left, resetMs } = await admitOne(gate, anAdmitRequest({ limitPerMin: 3 }))
        return { left, resetMs }
      }
      assert.deepEqual(await limits(), { left: 2, resetMs: outOfWindow(START_MS, clock.now()) })
      clock.advance(10_000)
      assert.deepEqual(await limits(), { left: 1, resetMs: outOfWindow(START_MS, clock.now()) })
      clock.advance(51_000)
      assert.deepEqual(await limits(), { left: 1, resetMs: outOfWindow(START_MS + 10_000, clock.now()) })
    })

    it('has no edge of a minute to burst across', async (t) => {
      const { gate, clock } = await openWith(open, t)
      clock.advance(39_000) // :59.4
      assert.equal(await passedOf(gate, 10, { limitPerMin: 10 }), 10)
      for (let second = 0; second < 60; second++) {
        clock.advance(1_000)
        assert.equal(await passedOf(gate, 1, { limitPerMin: 10 }), 0, `${second + 1} s later`)
      }
      clock.advance(1_000)
      assert.equal(await passedOf(gate, 11, { limitPerMin: 10 }), 10)
    })

    it('lets one through when its Retry-After is over, and none a second earlier', async (t) => {
      const { gate, clock } = await openWith(open, t)
      assert.equal(await passedOf(gate, 2, { limitPerMin: 4 }), 2)
      clock.advance(7_300)
      assert.equal(await passedOf(gate, 2, { limitPerMin: 4 }), 2)
      const refused = await admitOne(gate, anAdmitRequest({ limitPerMin: 4 }))
      assert.ok(refused.outcome === 'over_limit')
      const retryAfterSeconds = Math.ceil(refused.retryAfterMs / 1_000)
      clock.advance((retryAfterSeconds - 1) * 1_000)
      assert.equal(await passedOf(gate, 1, { limitPerMin: 4 }), 0)
      clock.advance(1_000)
      assert.equal(await passedOf(gate, 3, { limitPerMin: 4 }), 2)
    })

    it('tells the wait to the millisecond', async (t) => {
      const { gate, clock } = await openWith(open, t)
      await gate.admit(many(1, { limitPerMin: 1 }))
      const refused = await admitOne(gate, anAdmitRequest({ limitPerMin: 1 }))
      assert.ok(refused.outcome === 'over_limit')
      clock.advance(refused.retryAfterMs - 1)
      assert.equal(await passedOf(gate, 1, { limitPerMin: 1 }), 0)
      clock.advance(1)
      assert.equal(await passedOf(gate, 1, { limitPerMin: 1 }), 1)
    })

    it('tells a longer wait when a limit was lowered below what is taken', async (t) => {
      const { gate, clock } = await openWith(open, t)
      await gate.admit(many(2, { limitPerMin: 5 }))
      clock.advance(20_000)
      await gate.admit(many(3, { limitPerMin: 5 }))
      const refused = await admitOne(gate, anAdmitRequest({ limitPerMin: 2 }))
      assert.ok(refused.outcome === 'over_limit')
      assert.equal(refused.retryAfterMs, outOfWindow(START_MS + 20_000, clock.now()))
    })

    it('takes of a call what fits, in order', async (t) => {
      const { gate } = await openWith(open, t)
      await gate.admit(many(7, { limitPerMin: 10 }))
      const verdicts = await gate.admit(many(1_000, { limitPerMin: 10 }))
      assert.deepEqual(outcomesOf(verdicts.slice(0, 4)), ['claimed', 'claimed', 'claimed', 'over_limit'])
      assert.deepEqual(
        verdicts.slice(0, 4).map(({ left }) => left),
        [2, 1, 0, 0],
      )
      assert.equal(passed(verdicts), 3)
    })

    it('takes what is refused for nothing: neither limit nor key', async (t) => {
      const { gate, clock } = await openWith(open, t)
      await gate.admit(many(1, { limitPerMin: 1 }))
      const refused = anAdmitRequest({ limitPerMin: 1 })
      for (let i = 0; i < 5; i++) assert.equal((await admitOne(gate, refused)).outcome, 'over_limit')
      assert.equal(await gate.find(refused.tenantId, refused.idempotencyKey), null)
      clock.advance(61_000)
      assert.equal((await admitOne(gate, refused)).outcome, 'claimed')
    })

    it('does not look at the key of what is over the limit', async (t) => {
      const { gate } = await openWith(open, t)
      const done = await anAccepted(gate, { limitPerMin: 1 })
      assert.equal((await admitOne(gate, aRetryOf(done))).outcome, 'over_limit')
    })

    it('counts duplicates, other bodies and tries in flight', async (t) => {
      const { gate } = await openWith(open, t)
      const done = await anAccepted(gate, { limitPerMin: 5 })
      const held = anAdmitRequest({ limitPerMin: 5 })
      const otherBody = { ...aRetryOf(done), fingerprint: OTHER_FINGERPRINT }
      const verdicts = await gate.admit([held, aRetryOf(held), aRetryOf(done), otherBody, aRetryOf(done)])
      assert.deepEqual(outcomesOf(verdicts), ['claimed', 'in_flight', 'duplicate', 'other_body', 'over_limit'])
      assert.deepEqual(
        verdicts.map(({ left }) => left),
        [3, 2, 1, 0, 0],
      )
    })

    it('limits each of two tenants in one call by its own', async (t) => {
      const { gate } = await openWith(open, t)
      const a = many(4, { tenantId: 'tenant_a', limitPerMin: 3 })
      const b = many(4, { tenantId: 'tenant_b', limitPerMin: 1 })
      const verdicts = await gate.admit(a.flatMap((request, nth) => [request, b[nth] ?? request]))
      assert.equal(passed(verdicts.filter((_, nth) => nth % 2 === 0)), 3)
      assert.equal(passed(verdicts.filter((_, nth) => nth % 2 === 1)), 1)
    })

    it('frees the shares of a minute second by second', async (t) => {
      const { gate, clock } = await openWith(open, t)
      for (let second = 0; second < 61; second++) {
        assert.equal(await passedOf(gate, 2, { limitPerMin: 200 }), 2)
        clock.advance(1_000)
      }
      assert.equal((await admitOne(gate, anAdmitRequest({ limitPerMin: 200 }))).left, 200 - 121)
      clock.advance(1_000)
      assert.equal((await admitOne(gate, anAdmitRequest({ limitPerMin: 200 }))).left, 200 - 120)
    })

    for (const backMs of [1_000, 30_000, 3_600_000]) {
      it(`holds when the clock goes back ${backMs} ms, and lets go 61 s later`, async (t) => {
        let nowMs = START_MS
        const clock = { now: () => nowMs, monotonicMs: () => 0 }
        const { gate } = await open(t, { clock, windowMs: WINDOW_MS, leaseMs: LEASE_MS, limits: PATIENT })
        const take = async () => (await admitOne(gate, anAdmitRequest({ limitPerMin: 1 }))).outcome
        assert.equal(await take(), 'claimed')
        nowMs -= backMs
        assert.equal(await take(), 'over_limit')
        nowMs = (Math.floor(nowMs / 1_000) + 61) * 1_000 - 1
        assert.equal(await take(), 'over_limit')
        nowMs += 1
        assert.equal(await take(), 'claimed')
      })
    }
  })
}
