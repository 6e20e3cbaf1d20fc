import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AdmitRequest, Gate } from '../gate.ts'
import { anAdmitRequest, aRetryOf, many, type OpenTestGate, openWith, outcomesOf } from './fixture.contract.ts'
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

    it('grants each of fifty keys once when two hundred callers ask for them at once, in four calls', async (t) => {
      const { gate, another } = await openWith(open, t)
      const keys = many(50)
      const asked = Array.from({ length: 4 }, (_, nth) => (nth % 2 === 0 ? gate : another).admit(keys.map(aRetryOf)))
      const outcomes = outcomesOf((await Promise.all(asked)).flat())
      assert.equal(outcomes.filter((outcome) => outcome === 'claimed').length, 50)
      assert.equal(outcomes.filter((outcome) => outcome === 'in_flight').length, 150)
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
      const keyOf = ({ tenantId, idempotencyKey }: AdmitRequest) => `${tenantId}:${idempotencyKey}`

      async function call(mine: Gate, requests: readonly AdmitRequest[]): Promise<void> {
        const verdicts = await mine.admit(requests)
        assert.ok(verdicts.every(({ degraded }) => !degraded))
        const claimed = requests.filter((_, nth) => verdicts[nth]?.outcome === 'claimed')
        for (const request of claimed) {
          assert.equal(holders.get(keyOf(request)), undefined, `${keyOf(request)} has two holders`)
          holders.set(keyOf(request), request.token)
        }
        // What is refused may be claimed again, what is done may not: the map keeps its holder.
        const ended = claimed.map((request) => ({ ...request, outcome: random.pick(['done', 'refused']) }))
        for (const request of ended) if (request.outcome === 'refused') holders.delete(keyOf(request))
        await mine.settle(ended)
      }

      for (let round = 0; round < 10; round++) {
        // Tenants that nobody named before, for all callers at once and in another order for each.
        const tenants = Array.from({ length: 100 }, (_, nth) => `tenant_${round}_${nth}`)
        const calls = Array.from({ length: 8 }, (_, nth) => {
          const requests = tenants.flatMap((tenantId) =>
            ['key_0', 'key_1'].map((idempotencyKey) => ({
              order: random.integer(1_000_000),
              request: anAdmitRequest({ tenantId, idempotencyKey, limitPerMin: 100_000 }),
            })),
          )
          const shuffled = requests.sort((a, b) => a.order - b.order).map(({ request }) => request)
          return call(nth % 2 === 0 ? gate : another, shuffled)
        })
        await Promise.all(calls)
      }
      assert.ok(holders.size > 0)
    })
  })
}
