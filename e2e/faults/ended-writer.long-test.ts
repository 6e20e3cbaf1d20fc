import { test } from 'node:test'
import { delay } from '@sluice/runtime/backoff'
import { eventually } from '@sluice/runtime/testing/eventually'
import { lockTable } from '../hold-engine.ts'
import { openStack, STACKS } from '../open-stack.ts'
import { expectLedger } from './expect-ledger.ts'
import { watchPart } from './under-load.ts'

/** Ends the sessions of ours that `where` names. Returns how many. */
const END = (where: string) =>
  `SELECT count(pg_terminate_backend(pid))::int AS n FROM pg_stat_activity WHERE application_name LIKE 'sluice-%' AND ${where}`

for (const kind of STACKS)
  test(`${kind}: R13: a writer that ends between INSERT and COMMIT is done again, once`, {
    timeout: 600_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000' })
    const processor = await watchPart(stack, 'processor')
    const retries = () => processor.metric('sluice_processor_retries_total', 'STORE_UNAVAILABLE')
    await expectLedger(t, stack, async () => {
      // The counters are written last: whoever waits for them has inserted its events and not committed them.
      for (let round = 1; round <= 3; round += 1) {
        const counters = await lockTable(t, stack, 'rollup_minute')
        await counters.awaitWaiter()
        const before = await retries()
        await stack.sql(
          END(`pid IN (SELECT pid FROM pg_locks WHERE relation = 'rollup_minute'::regclass AND NOT granted)`),
        )
        await eventually(async () => (await retries()) > before)
        await counters.release()
      }
      // At any moment, COMMIT included.
      for (let round = 1; round <= 20; round += 1) {
        await stack.sql(END("state = 'active' AND application_name <> 'sluice-log-sluice-processor'"))
        await delay(50)
      }
    })
  })
