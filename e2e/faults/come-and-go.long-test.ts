import assert from 'node:assert/strict'
import { test } from 'node:test'
import { delay } from '@sluice/runtime/backoff'
import { openStack, STACKS } from '../open-stack.ts'
import type { Stack } from '../stack.ts'
import { expectLedger } from './expect-ledger.ts'
import { howLong } from './how-long.ts'
import { startProcessor, watchCommits } from './processors.ts'
import { storedEvents } from './under-load.ts'

const ROUNDS = howLong({ smoke: 2, long: 6 })
const STAY_MS = 5_000
const LONGEST_STALL_MS = 10_000

for (const kind of STACKS)
  test(`${kind}: R4: a third processor joins and leaves every ${STAY_MS / 1000} s, ${ROUNDS} times: no stall, no gap`, {
    timeout: 600_000 + ROUNDS * 30_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000' })
    await startProcessor(t, stack)
    const watching = new AbortController()
    const backwards = watchCommits(stack, watching.signal)
    await expectLedger(t, stack, async () => {
      const stall = longestStall(stack, watching.signal)
      for (let round = 0; round < ROUNDS; round += 1) {
        const third = await startProcessor(t, stack)
        await delay(STAY_MS)
        // In good order and by force in turn.
        third.child.kill(round % 2 === 0 ? 'SIGTERM' : 'SIGKILL')
        await third.exited
        await delay(STAY_MS)
      }
      watching.abort()
      const stalledMs = await stall
      t.diagnostic(`the longest time without a new row: ${Math.round(stalledMs)} ms`)
      assert.ok(stalledMs < LONGEST_STALL_MS, `${stalledMs} ms`)
    })
    assert.deepEqual(await backwards, [], 'no committed offset went back')
  })

/** The longest time in which no event was stored, in ms. */
async function longestStall(stack: Stack, until: AbortSignal): Promise<number> {
  let [stored, since, longest] = [await storedEvents(stack), performance.now(), 0]
  while (!until.aborted) {
    const now = await storedEvents(stack)
    longest = Math.max(longest, performance.now() - since)
    if (now > stored) [stored, since] = [now, performance.now()]
    await delay(100, until)
  }
  return longest
}
