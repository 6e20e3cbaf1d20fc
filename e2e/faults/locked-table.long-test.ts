import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { lockTable } from '../hold-engine.ts'
import { openStack, STACKS } from '../open-stack.ts'
import { expectLedger } from './expect-ledger.ts'
import { watchPart } from './under-load.ts'

for (const kind of STACKS)
  test(`${kind}: R14: while the table of events is locked the processor waits, says so, and sets nothing aside`, {
    timeout: 600_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000' })
    const processor = await watchPart(stack, 'processor')
    await expectLedger(t, stack, async () => {
      const events = await lockTable(t, stack, 'events')
      await events.awaitWaiter()
      // 3 s until the lock's own limit, then again and again.
      await eventually(async () => (await processor.metric('sluice_processor_retries_total')) >= 2)
      await eventually(async () => (await processor.readiness()) === 503)
      await events.release()
      await eventually(async () => (await processor.readiness()) === 200)
    })
    assert.equal(await processor.metric('sluice_processor_dead_letters_total', 'UNSTORABLE'), 0)
  })
