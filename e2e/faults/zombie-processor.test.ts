import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signalAll } from '@sluice/infra/engines/process-tree'
import { delay } from '@sluice/runtime/backoff'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openStack, STACKS } from '../open-stack.ts'
import { expectLedger } from './expect-ledger.ts'
import { startProcessor, watchCommits } from './processors.ts'
import { storedEvents } from './under-load.ts'

/** Twice the session time-out of a consumer, on either log. */
const STOPPED_MS = 20_000

for (const kind of STACKS)
  test(`${kind}: R3: a processor stopped for ${STOPPED_MS / 1000} s is taken over, and harmless when it wakes up`, {
    timeout: 900_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000' })
    const other = await startProcessor(t, stack)
    const zombie = await stack.pidOf('processor')
    const watching = new AbortController()
    const backwards = watchCommits(stack, watching.signal)

    await expectLedger(t, stack, async () => {
      await eventually(async () => (await other.partitions()) > 0, { message: 'two at work' })
      process.kill(zombie, 'SIGSTOP')
      t.after(() => signalAll([zombie], 'SIGCONT'))
      const since = performance.now()
      await eventually(async () => (await other.partitions()) === 6, {
        message: 'the other one having taken over',
      })
      t.diagnostic(`taken over after ${Math.round(performance.now() - since)} ms`)
      await delay(STOPPED_MS - (performance.now() - since))
      process.kill(zombie, 'SIGCONT')
      const before = await storedEvents(stack)
      await eventually(async () => (await storedEvents(stack)) > before)
      await eventually(async () => (await other.partitions()) === 3, {
        message: 'both at work again',
      })
    })
    watching.abort()
    assert.deepEqual(await backwards, [], 'no committed offset went back')
    assert.equal(await stack.pidOf('processor'), zombie)
  })
