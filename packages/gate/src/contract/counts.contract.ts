import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  anAccepted,
  anAdmitRequest,
  aRetryOf,
  type OpenTestGate,
  openWith,
  START_MS,
  settleOne,
} from './fixture.contract.ts'

const MINUTE_MS = 60_000
const minuteOf = (ms: number) => new Date(Math.floor(ms / MINUTE_MS) * MINUTE_MS)

/** What is counted, per tenant and minute. */
export function describeCounts(open: OpenTestGate): void {
  describe('counts', () => {
    it('counts accepted, duplicates and limited per tenant and minute', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const done = await anAccepted(gate, { limitPerMin: 3 })
      await gate.admit([aRetryOf(done), aRetryOf(done), aRetryOf(done)])
      await anAccepted(gate, { tenantId: 'tenant_b' })
      clock.advance(MINUTE_MS)
      await anAccepted(gate, { tenantId: 'tenant_b' })

      const first = minuteOf(START_MS)
      const second = minuteOf(START_MS + MINUTE_MS)
      const b = { tenantId: 'tenant_b', accepted: 1, duplicates: 0, limited: 0 }
      assert.deepEqual((await gate.counts(null, 2)).minutes, [
        { minute: first, tenantId: 'tenant_a', accepted: 1, duplicates: 2, limited: 1 },
        { minute: first, ...b },
        { minute: second, ...b },
      ])
      assert.deepEqual((await gate.counts('tenant_b', 2)).minutes, [
        { minute: first, ...b },
        { minute: second, ...b },
      ])
      assert.deepEqual((await gate.counts(null, 1)).minutes, [{ minute: second, ...b }])
    })

    it('counts what is accepted once, however often it is told', async (t) => {
      const { gate } = await openWith(open, t)
      const done = await anAccepted(gate)
      await settleOne(gate, done, 'done')
      await gate.settle([
        { ...done, outcome: 'done' },
        { ...done, outcome: 'done' },
      ])
      assert.deepEqual(
        (await gate.counts(null, 1)).minutes.map(({ accepted }) => accepted),
        [1],
      )
    })

    it('counts nothing for a claim that was refused or is unknown', async (t) => {
      const { gate } = await openWith(open, t)
      for (const outcome of ['refused', 'unknown'] as const) {
        const request = anAdmitRequest()
        await gate.admit([request])
        await settleOne(gate, request, outcome)
      }
      assert.deepEqual((await gate.counts(null, 60)).minutes, [])
    })

    it('says since when counts are whole: 24 h at most', async (t) => {
      const { gate, clock } = await openWith(open, t)
      const { since } = await gate.counts(null, 1)
      assert.ok(since.getTime() <= clock.now() && since.getTime() >= clock.now() - 24 * 60 * MINUTE_MS)
      clock.advance(25 * 60 * MINUTE_MS)
      assert.deepEqual((await gate.counts(null, 1_440)).since, new Date(clock.now() - 24 * 60 * MINUTE_MS))
    })

    it('keeps a whole day', async (t) => {
      const { gate, clock } = await openWith(open, t)
      await anAccepted(gate)
      clock.advance(1_439 * MINUTE_MS)
      await anAccepted(gate)
      assert.equal((await gate.counts(null, 1_440)).minutes.length, 2)
      assert.equal((await gate.counts(null, 1_439)).minutes.length, 1)
    })
  })
}
