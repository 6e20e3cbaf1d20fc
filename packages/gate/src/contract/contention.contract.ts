import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { anAdmitRequest, aRetryOf, type OpenTestGate, openWith, outcomesOf } from './fixture.contract.ts'
import { createRandom } from './random.contract.ts'

/** Many callers at once, on two gates of one engine. */
export function describeContention(open: OpenTestGate): void {
  describe('contention', () => {
    it('grants a fresh key exactly once when twenty requests ask together', async (t) => {
      const { gate, another } = await openWith(open, t)
      const request = anAdmitRequest()
      const asked = Array.from({ length: 20 }, (_, nth) => (nth % 2 === 0 ? gate : another).admit([aRetryOf(request)]))
      const outcomes = outcomesOf((await Promise.all(asked)).flat())
      assert.equal(outcomes.filter((outcome) => outcome === 'claimed').length, 1)
      assert.equal(outcomes.filter((outcome) => outcome === 'in_flight').length, 19)
    })

    it('lets exactly the limit through when many callers ask together', async (t) => {
      const { gate, another } = await openWith(open, t)
      const asked = Array.from({ length: 16 }, (_, nth) =>
        (nth % 2 === 0 ? gate : another).admit(Array.from({ length: 25 }, () => anAdmitRequest({ limitPerMin: 100 }))),
      )
      const outcomes = outcomesOf((await Promise.all(asked)).flat())
      assert.equal(outcomes.filter((outcome) => outcome === 'claimed').length, 100)
    })

    it('has one holder a key and no deadlock among callers with overlapping keys and new tenants', async (t) => {
      const { gate, another } = await openWith(open, t)
      const random = createRandom(20_260)
      const holders = new Map<string, string>()
      const caller = async (nth: number) => {
        const mine = nth % 2 === 0 ? gate : another
        for (let round = 0; round < 12; round++) {
          // Each round has tenants that nobody named before, in another order for each caller.
          const requests = Array.from({ length: 20 }, () =>
            anAdmitRequest({
              tenantId: `tenant_${round}_${random.integer(6)}`,
              idempotencyKey: `key_${random.integer(4)}`,
              limitPerMin: 100_000,
            }),
          )
          const verdicts = await mine.admit(requests)
          const claimed = requests.filter((_, i) => verdicts[i]?.outcome === 'claimed')
          for (const [i, verdict] of verdicts.entries()) assert.equal(verdict.degraded, false, `item ${i}`)
          for (const { tenantId, idempotencyKey, token } of claimed) {
            const key = `${tenantId}:${idempotencyKey}`
            assert.equal(holders.get(key), undefined, `${key} has two holders`)
            holders.set(key, token)
          }
          // Some give up and some are done; then nobody may claim the key again, and the map keeps its holder.
          const ended = claimed.map((request) => ({ ...request, outcome: random.pick(['done', 'refused'] as const) }))
          for (const { tenantId, idempotencyKey, outcome } of ended)
            if (outcome === 'refused') holders.delete(`${tenantId}:${idempotencyKey}`)
          await mine.settle(ended)
        }
      }
      await Promise.all(Array.from({ length: 8 }, (_, nth) => caller(nth)))
      assert.ok(holders.size > 0)
    })
  })
}
