import assert from 'node:assert/strict'
import { test } from 'node:test'
import { delay } from '@sluice/runtime/backoff'
import { openFullStack } from '../full-stack.ts'
import { GOES_ON_MS, measureDraining } from './draining.ts'
import { expectLedger } from './expect-ledger.ts'
import { howLong } from './how-long.ts'
import { ANSWERED_MS, longestWaitMs, probeDuring } from './probe.ts'

const AWAY_MS = howLong({ smoke: 10_000, long: 60_000 })

test(`full: R7: the broker killed and away for ${AWAY_MS / 1000} s: 503 in time, no process restarts, all is accounted for`, {
  timeout: 900_000 + AWAY_MS,
}, async (t) => {
  const stack = await openFullStack(t, { env: { RATE_LIMIT_PER_MIN: '1000000' } })
  const [broker] = stack.kafka.brokers
  const pids = async () => (await stack.status()).processes.map(({ name, pid }) => `${name} ${pid}`)
  const before = await pids()
  await expectLedger(t, stack, async () => {
    await broker.kill()
    const answers = await probeDuring(stack, () => delay(AWAY_MS))
    assert.ok(answers.length > 1 && answers.every(({ status }) => status === 503), 'nothing is accepted without a log')
    const longest = longestWaitMs(answers)
    t.diagnostic(`${answers.length} answers while the broker was away, the slowest after ${longest} ms`)
    assert.ok(longest < ANSWERED_MS, `${longest} ms`)
    await broker.start()
    assert.ok((await measureDraining(t, stack, performance.now())) < GOES_ON_MS)
  })
  assert.deepEqual(await pids(), before)
})
