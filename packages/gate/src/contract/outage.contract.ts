import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import type { Link } from '@sluice/runtime/testing/tcp-link'
import { type AdmitRequest, type Gate, GateUnavailableError, type Verdict } from '../gate.ts'
import { admitOne, anAdmitRequest, aRetryOf, outcomesOf, settleOne } from './fixture.contract.ts'

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

// Gates have their usual limits here, which an engine on a busy machine does not always keep: then they are asked once more, with a
// pause that leaves the tenant's limit alone.
const AGAIN = { pauseMs: 100 }

/** The verdict of the engine, once it is back and quick enough. */
async function admittedByEngine(gate: Gate, request: () => AdmitRequest): Promise<Verdict> {
  return eventually(async () => {
    const verdict = await admitOne(gate, request())
    return verdict.degraded ? null : verdict
  }, AGAIN)
}

/** A request that is in the log, and the engine knows it: an end that is on its way when the engine breaks may be lost. */
async function knownToEngine(gate: Gate): Promise<AdmitRequest> {
  return eventually(async () => {
    const request = anAdmitRequest()
    if ((await admitOne(gate, request)).degraded) return null
    await settleOne(gate, request, 'done')
    const found = await gate.find(request.tenantId, request.idempotencyKey)
    return found?.state === 'accepted' ? request : null
  }, AGAIN)
}

/** The verdicts of the engine after `done` is in the log. The end is told again with each try: it may be lost with one that was late. */
export async function admittedAfter(
  gate: Gate,
  done: AdmitRequest,
  requests: readonly AdmitRequest[],
): Promise<readonly Verdict[]> {
  return eventually(async () => {
    await settleOne(gate, done, 'done')
    const verdicts = await gate.admit(requests)
    return verdicts.some(({ degraded }) => degraded) ? null : verdicts
  }, AGAIN)
}

const isReady = (gate: Gate) => eventually(() => gate.ready().then(() => true))

/** What a gate does while its engine cannot be reached, and after. */
export function describeGateOutage(adapter: string, open: (t: TestContext) => Promise<OutageGate>): void {
  describe(`Gate contract, engine away: ${adapter}`, () => {
    for (const how of ['cut', 'stall'] as const) {
      const title = how === 'cut' ? 'refuses connections' : 'takes bytes and answers none'

      it(`answers degraded while its engine ${title}, and as ever once it is back`, SOON, async (t) => {
        const { gate, link } = await open(t)
        const before = await knownToEngine(gate)
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
        await isReady(gate)
        link[how]()
        const asked = [gate.ready(), gate.counts(null, 1), gate.find('tenant_a', 'key')]
        for (const { status, reason } of (await Promise.allSettled(asked)) as PromiseRejectedResult[]) {
          assert.equal(status, 'rejected')
          assert.ok(reason instanceof GateUnavailableError)
          assert.ok(reason.cause instanceof Error)
        }
        link.pass()
        await isReady(gate)
      })

      it(`closes while its engine ${title}`, SOON, async (t) => {
        const { gate, link } = await open(t)
        await isReady(gate)
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
      await admittedByEngine(gate, () => anAdmitRequest())
    })

    it('never takes its own claim, whose reply was lost, for somebody else', SOON, async (t) => {
      const { gate, link } = await open(t)
      await isReady(gate)
      const request = anAdmitRequest()
      link.loseReplies()
      assert.equal((await admitOne(gate, request)).degraded, true)
      link.pass()
      assert.equal((await admittedByEngine(gate, () => request)).outcome, 'claimed')
      const other = await eventually(async () => {
        // The lease is renewed by each try, so that it is not over before one was quick enough.
        const [own, verdict] = [await admitOne(gate, request), await admitOne(gate, aRetryOf(request))]
        return own.degraded || verdict.degraded ? null : verdict
      }, AGAIN)
      assert.equal(other.outcome, 'in_flight', 'the engine had executed it')
      assert.deepEqual(outcomesOf(await admittedAfter(gate, request, [request])), ['duplicate'])
    })

    it('goes on with nothing when its engine was emptied, and takes the ends of what it held', SOON, async (t) => {
      const { gate, empty } = await open(t)
      const done = await knownToEngine(gate)
      const held = anAdmitRequest()
      await admittedByEngine(gate, () => held)
      await empty()
      const verdicts = await admittedAfter(gate, held, [aRetryOf(done), aRetryOf(held)])
      assert.deepEqual(outcomesOf(verdicts), ['claimed', 'duplicate'])
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
