import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import type { AdmitRequest, ClaimOutcome, Gate } from '../gate.ts'
import { createMemoryGate } from '../memory-gate.ts'
import {
  answerTo,
  FINGERPRINT,
  LEASE_MS,
  type OpenTestGate,
  OTHER_FINGERPRINT,
  PATIENT,
  START_MS,
} from './fixture.contract.ts'
import { createRandom } from './random.contract.ts'

const WINDOW_MS = 20_000
const CALLS = 10_000
const SEEDS = [1, 2, 3, 4]

/** The same calls, the same answers: the memory gate is small enough to be read, the engine's must not differ. */
export function describeAgreement(open: OpenTestGate): void {
  describe('agreement', () => {
    it(`gives the memory gate's answers to ${CALLS} seeded calls`, async (t) => {
      const runs = await Promise.allSettled(SEEDS.map((seed) => runSeed(open, t, seed, CALLS / SEEDS.length)))
      for (const run of runs) if (run.status === 'rejected') throw run.reason
    })
  })
}

async function runSeed(open: OpenTestGate, t: TestContext, seed: number, calls: number): Promise<void> {
  const random = createRandom(seed)
  const clock = createManualClock(START_MS)
  const { gate } = await open(t, { clock, windowMs: WINDOW_MS, leaseMs: LEASE_MS, limits: PATIENT })
  const twin = createMemoryGate({ clock, windowMs: WINDOW_MS, leaseMs: LEASE_MS })
  const tokens = Array.from({ length: 3 }, random.uuid)

  const anItem = () => ({
    tenantId: random.pick(['tenant_a', 'tenant_b']),
    idempotencyKey: `key_${random.integer(3)}`,
    fingerprint: random.integer(8) === 0 ? OTHER_FINGERPRINT : FINGERPRINT,
    token: tokens[random.integer(tokens.length)] ?? '',
    receiptId: random.uuid(),
  })
  const items = () => Array.from({ length: 1 + random.integer(6) }, anItem)

  async function admit(nth: number): Promise<void> {
    const limitPerMin = random.pick([3, 40, 40, 1_000])
    const requests: AdmitRequest[] = items().map((item) => ({ ...item, limitPerMin }))
    await same(`admit, seed ${seed}, call ${nth}`, (one) => one.admit(requests))
  }

  async function settle(nth: number): Promise<void> {
    const outcomes: ClaimOutcome[] = items().map((item) => ({
      ...item,
      outcome: random.pick(['done', 'refused', 'unknown', 'unknown']),
    }))
    await same(`settle, seed ${seed}, call ${nth}`, (one) => one.settle(outcomes))
  }

  async function look(nth: number): Promise<void> {
    const { tenantId, idempotencyKey } = anItem()
    await same(`find, seed ${seed}, call ${nth}`, (one) => answerTo(() => one.find(tenantId, idempotencyKey)))
    const counts = (one: Gate) => answerTo(() => one.counts(tenantId, 30))
    await same(`counts, seed ${seed}, call ${nth}`, async (one) => (await counts(one)).minutes)
  }

  async function same<T>(what: string, call: (one: Gate) => Promise<T>): Promise<void> {
    assert.deepEqual(await call(gate), await call(twin), what)
  }

  for (let nth = 1; nth <= calls; nth++) {
    const choice = random.integer(20)
    await (choice < 11 ? admit(nth) : choice < 18 ? settle(nth) : look(nth))
    clock.advance(random.pick([0, 0, 0, 1, 250, 999, 1_000, 3_000, LEASE_MS, WINDOW_MS, 61_000]))
  }
}
