import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { delay } from '@sluice/runtime/backoff'
import { eventually } from '@sluice/runtime/testing/eventually'
import { type FullStack, openFullStack } from '../full-stack.ts'
import { readMetric } from '../metrics.ts'
import { expectLedger } from './expect-ledger.ts'
import { howLong } from './how-long.ts'
import { type Probed, probeDuring, quantileMs } from './probe.ts'

const AWAY_MS = howLong({ smoke: 6_000, long: 30_000 })
/** reliability.md 9.1: what an absent gate may add to an answer. */
const MORE_MS = 500

test(`full: R17: Redis stalled, killed and back empty, ${AWAY_MS / 1000} s each: events are accepted, and stored once`, {
  timeout: 600_000 + 2 * AWAY_MS,
}, async (t) => {
  // It writes nothing down, so it comes back empty.
  const stack = await openFullStack(t, { env: { RATE_LIMIT_PER_MIN: '1000000' }, redis: { durable: false } })
  const { redis } = stack
  await expectLedger(t, stack, async () => {
    const usual = await probeDuring(stack, () => delay(3_000))
    assert.ok(usual.every(({ status, degraded }) => status === 202 && !degraded))
    const before = await turnedAway(stack)
    await redis.stall()
    assertDegraded(t, 'stalled', usual, await probeDuring(stack, () => delay(AWAY_MS)))
    // A machine that keeps the log waiting has some of these without Redis, too: nothing to insist on.
    t.diagnostic(`${(await turnedAway(stack)) - before} of the load answered 503 while Redis was stalled`)
    await redis.resume()
    await untilWhole(t, stack)

    await redis.kill()
    assertDegraded(t, 'killed', usual, await probeDuring(stack, () => delay(AWAY_MS)))
    await redis.start()
    await untilWhole(t, stack)
  })
})

test(`full: R19: Redis at maxmemory for ${AWAY_MS / 1000} s: events are accepted, and stored once`, {
  timeout: 600_000 + AWAY_MS,
}, async (t) => {
  const stack = await openFullStack(t, { env: { RATE_LIMIT_PER_MIN: '1000000' } })
  const { redis } = stack
  await expectLedger(t, stack, async () => {
    const usual = await probeDuring(stack, () => delay(3_000))
    await redis.limitMemory(1)
    assertDegraded(t, 'full', usual, await probeDuring(stack, () => delay(AWAY_MS)))
    await redis.limitMemory(0)
    await untilWhole(t, stack)
  })
})

/** How often the load, too, was answered 503 until now, which it repeats. */
const turnedAway = async ({ ingestUrl }: FullStack): Promise<number> =>
  (await readMetric(ingestUrl, 'sluice_ingest_refused_total', 'code="LOG_UNAVAILABLE"')) || 0

/** Each one was accepted, said so, and the wait for an answer that does not come was soon given up. */
function assertDegraded(t: TestContext, how: string, usual: readonly Probed[], answers: readonly Probed[]): void {
  const times = (probed: readonly Probed[]) => [0.5, 0.99].map((share) => quantileMs(probed, share))
  t.diagnostic(`${how}: p50 and p99 ${times(answers).join(' and ')} ms, before ${times(usual).join(' and ')} ms`)
  assert.ok(answers.length > 1)
  for (const { status, degraded } of answers) assert.deepEqual([status, degraded], [202, true])
  assert.ok(quantileMs(answers, 0.99) <= quantileMs(usual, 0.99) + MORE_MS)
}

async function untilWhole(t: TestContext, stack: FullStack): Promise<void> {
  const since = performance.now()
  const answersWhole = async () => {
    const [first] = await probeDuring(stack, async () => {})
    return first?.status === 202 && !first.degraded
  }
  await eventually(answersWhole, { message: 'the gate being used again' })
  t.diagnostic(`the gate was used again ${Math.round(performance.now() - since)} ms after Redis was back`)
}
