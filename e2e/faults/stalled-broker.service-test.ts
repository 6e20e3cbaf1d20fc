import assert from 'node:assert/strict'
import { test } from 'node:test'
import { delay } from '@sluice/runtime/backoff'
import { openFullStack } from '../full-stack.ts'
import { readMetric } from '../metrics.ts'
import { GOES_ON_MS, measureDraining } from './draining.ts'
import { expectLedger } from './expect-ledger.ts'
import { howLong } from './how-long.ts'
import { ANSWERED_MS, longestWaitMs, probeDuring } from './probe.ts'

const STALLED_MS = howLong({ smoke: 15_000, long: 30_000 })
/** What ingest holds at most for appends that nobody answers, and room for its garbage: 64 MiB are the cap of bodies in hand. */
const MORE_MEMORY_BYTES = 134_217_728

test(`full: R8: the broker stalled for ${STALLED_MS / 1000} s: 503 in time, memory stays flat, all is accounted for`, {
  timeout: 900_000 + STALLED_MS,
}, async (t) => {
  const stack = await openFullStack(t, { env: { RATE_LIMIT_PER_MIN: '1000000' } })
  const [broker] = stack.kafka.brokers
  const memory = () => readMetric(stack.ingestUrl, 'process_resident_memory_bytes')
  await expectLedger(t, stack, async () => {
    const before = await memory()
    await broker.stall()
    const answers = await probeDuring(stack, () => delay(STALLED_MS))
    const longest = longestWaitMs(answers)
    const grown = (await memory()) - before
    t.diagnostic(`the slowest answer after ${longest} ms, ingest grew by ${Math.round(grown / 1_048_576)} MiB`)
    assert.ok(answers.length > 1 && answers.every(({ status }) => status === 503), 'nothing is accepted without a log')
    assert.ok(longest < ANSWERED_MS, `${longest} ms`)
    assert.ok(grown < MORE_MEMORY_BYTES)
    await broker.resume()
    assert.ok((await measureDraining(t, stack, performance.now())) < GOES_ON_MS)
  })
})
