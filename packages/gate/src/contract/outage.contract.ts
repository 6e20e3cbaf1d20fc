import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import type { Link } from '@sluice/runtime/testing/tcp-link'
import { type AdmitRequest, type Gate, GateUnavailableError, type Verdict } from '../gate.ts'
import { admitOne, anAccepted, anAdmitRequest, aRetryOf, outcomesOf, settleOne } from './fixture.contract.ts'

/** A gate on the engine's own clock, and the ways to lose and find its engine. */
export type OutageGate = {
  gate: Gate
  /** The way to its engine. */
  link: Link
  /** Takes from the engine all that may be lost, as a restart without data does. */
  empty(): Promise<void>
}

// A gate that waits for an engine that never answers hangs for ever; a busy machine does not.
const SOON = { timeout: 120_000 }

/** The verdict of the engine once it is back. */
async function admittedByEngine(gate: Gate, request: () => AdmitRequest): Promise<Verdict> {
  return eventually(async () => {
    const verdict = await admitOne(gate, request())
    return verdict.degraded ? null : verdict
  })
}

/** What a gate does while its engine cannot be reached, and after. */
export function describeGateOutage(adapter: string, open: (t: TestContext) => Promise<OutageGate>): void {
  describe(`Gate contract, engine away: ${adapter}`, () => {
    for (const how of ['cut', 'stall'] as const) {
      const title = how === 'cut' ? 'refuses connections' : 'takes bytes and answers none'

      it(`answers degraded while its engine ${title}, and as ever once it is back`, SOON, async (t) => {
        const { gate, link } = await open(t)
        const before = await anAccepted(gate)
        // An end that is on its way when the engine breaks may be lost: this one has arrived.
        assert.equal((await gate.find(before.tenantId, before.idempotencyKey))?.state, 'accepted')
        link[how]()
        const request = anAdmitRequest()
        const { outcome, degraded } = await admitOne(gate, request)
        assert.deepEqual({ outcome, degraded }, { outcome: 'claimed', degraded: true })
        await settleOne(gate, request, 'done')

        link.pass()
        const repeat = await admittedByEngine(gate, () => aRetryOf(before))
        assert.equal(repeat.outcome, 'duplicate')
      })

      it(`says that it is not ready while its engine ${title}, and asks in vain`, SOON, async (t) => {
        const { gate, link } = await open(t)
        await gate.ready()
        link[how]()
        const asked = [gate.ready(), gate.counts(null, 1), gate.find('tenant_a', 'key')]
        for (const { status, reason } of (await Promise.allSettled(asked)) as PromiseRejectedResult[]) {
          assert.equal(status, 'rejected')
          assert.ok(reason instanceof GateUnavailableError)
          assert.ok(reason.cause instanceof Error)
        }
        link.pass()
        await eventually(() => gate.ready().then(() => true))
      })

      it(`closes while its engine ${title}`, SOON, async (t) => {
        const { gate, link } = await open(t)
        await gate.ready()
        link[how]()
        await gate.admit([anAdmitRequest()])
        await gate[Symbol.asyncDispose]()
        await gate[Symbol.asyncDispose]()
      })
    }

    it('answers when its engine was away from the beginning, and finds it later', SOON, async (t) => {
      const { gate, link } = await open(t)
      link.cut()
      assert.equal((await admitOne(gate, anAdmitRequest())).degraded, true)
      link.pass()
      await eventually(async () => !(await admitOne(gate, anAdmitRequest())).degraded)
    })

    it('never takes its own claim, whose reply was lost, for somebody else', SOON, async (t) => {
      const { gate, link } = await open(t)
      await gate.ready()
      const request = anAdmitRequest()
      link.loseReplies()
      assert.equal((await admitOne(gate, request)).degraded, true)
      link.pass()
      assert.equal((await admittedByEngine(gate, () => request)).outcome, 'claimed')
      assert.equal((await admitOne(gate, aRetryOf(request))).outcome, 'in_flight', 'the engine had executed it')
      await settleOne(gate, request, 'done')
      const repeat = await admitOne(gate, request)
      assert.deepEqual([repeat.outcome, repeat.degraded], ['duplicate', false])
    })

    it('goes on with nothing when its engine was emptied, and takes the ends of what it held', SOON, async (t) => {
      const { gate, empty } = await open(t)
      const done = await anAccepted(gate)
      const held = anAdmitRequest()
      await gate.admit([held])
      await empty()
      await settleOne(gate, held, 'done')
      assert.deepEqual(outcomesOf(await gate.admit([aRetryOf(done), aRetryOf(held)])), ['claimed', 'duplicate'])
    })

    it('keeps the limit of what it let through before', SOON, async (t) => {
      const { gate, link } = await open(t)
      await gate.admit([anAdmitRequest({ limitPerMin: 2 })])
      link.cut()
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
