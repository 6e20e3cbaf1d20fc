import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { type Gate, GateUnavailableError } from '../gate.ts'
import { admitOne, anAccepted, anAdmitRequest, aRetryOf, settleOne } from './fixture.contract.ts'

/** A gate on the engine's own clock, and the ways to lose and find its engine. */
export type OutageGate = { gate: Gate; goAway(how: 'refuse' | 'stall'): void; comeBack(): void }

// Ten times the 500 ms of admit: a gate that waits for its engine hangs far longer, a busy machine does not.
const SOON = { timeout: 5_000 }

/** What a gate does while its engine cannot be reached, and after. */
export function describeGateOutage(adapter: string, open: (t: TestContext) => Promise<OutageGate>): void {
  describe(`Gate contract, engine away: ${adapter}`, () => {
    for (const how of ['refuse', 'stall'] as const) {
      const title = how === 'refuse' ? 'refuses connections' : 'takes bytes and answers none'

      it(`answers degraded while its engine ${title}, and as ever once it is back`, SOON, async (t) => {
        const { gate, goAway, comeBack } = await open(t)
        const before = await anAccepted(gate)
        goAway(how)
        const request = anAdmitRequest()
        const { outcome, degraded } = await admitOne(gate, request)
        assert.deepEqual({ outcome, degraded }, { outcome: 'claimed', degraded: true })
        await settleOne(gate, request, 'done')

        comeBack()
        const repeat = await eventually(async () => {
          const verdict = await admitOne(gate, aRetryOf(before))
          return verdict.degraded ? null : verdict
        })
        assert.equal(repeat.outcome, 'duplicate')
      })

      it(`says that it is not ready while its engine ${title}, and asks in vain`, SOON, async (t) => {
        const { gate, goAway, comeBack } = await open(t)
        await gate.ready()
        goAway(how)
        const asked = [gate.ready(), gate.counts(null, 1), gate.find('tenant_a', 'key')]
        for (const { status, reason } of (await Promise.allSettled(asked)) as PromiseRejectedResult[]) {
          assert.equal(status, 'rejected')
          assert.ok(reason instanceof GateUnavailableError)
          assert.ok(reason.cause instanceof Error)
        }
        comeBack()
        await eventually(() => gate.ready().then(() => true))
      })

      it(`closes while its engine ${title}`, SOON, async (t) => {
        const { gate, goAway } = await open(t)
        await gate.ready()
        goAway(how)
        await gate.admit([anAdmitRequest()])
        await gate[Symbol.asyncDispose]()
        await gate[Symbol.asyncDispose]()
      })
    }

    it('answers when its engine was away from the beginning, and finds it later', SOON, async (t) => {
      const { gate, goAway, comeBack } = await open(t)
      goAway('refuse')
      assert.equal((await admitOne(gate, anAdmitRequest())).degraded, true)
      comeBack()
      await eventually(async () => !(await admitOne(gate, anAdmitRequest())).degraded)
    })

    it('keeps the limit of what it let through before', SOON, async (t) => {
      const { gate, goAway } = await open(t)
      await gate.admit([anAdmitRequest({ limitPerMin: 2 })])
      goAway('refuse')
      const verdicts = await gate.admit([anAdmitRequest({ limitPerMin: 2 }), anAdmitRequest({ limitPerMin: 2 })])
      assert.deepEqual(
        verdicts.map(({ outcome, degraded }) => ({ outcome, degraded })),
        [
          { outcome: 'claimed', degraded: true },
          { outcome: 'over_limit', degraded: true },
        ],
      )
    })
  })
}
