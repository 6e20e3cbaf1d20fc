import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openStack, STACKS } from '../open-stack.ts'
import { expectLedger } from './expect-ledger.ts'
import { watchPart } from './under-load.ts'

for (const kind of STACKS)
  test(`${kind}: R16: a column that is missing stops the processor until it is back, and sets nothing aside`, {
    timeout: 600_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000' })
    const processor = await watchPart(stack, 'processor')
    await expectLedger(t, stack, async () => {
      await stack.sql('ALTER TABLE events RENAME COLUMN payload TO elsewhere')
      // Not a matter of patience: not ready at once, and tried every 5 s.
      await eventually(async () => (await processor.readiness()) === 503)
      const tries = () => processor.metric('sluice_processor_retries_total', 'STORE_SYSTEMIC')
      await eventually(async () => (await tries()) >= 2)
      await stack.sql('ALTER TABLE events RENAME COLUMN elsewhere TO payload')
      await eventually(async () => (await processor.readiness()) === 200)
    })
    assert.equal(await processor.metric('sluice_processor_dead_letters_total', 'UNSTORABLE'), 0)
  })
