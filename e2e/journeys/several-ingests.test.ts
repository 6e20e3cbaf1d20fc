import { test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { expectLedger } from '../faults/expect-ledger.ts'
import { readMetric } from '../metrics.ts'
import { FULLEST_STACK, openStack } from '../open-stack.ts'
import type { PartName } from '../sluice-dev.ts'
import type { Stack } from '../stack.ts'

const WORKERS = ['ingest', 'ingest-2'] as const satisfies readonly PartName[]

for (const kind of FULLEST_STACK)
  test(`${kind}: two ingest processes behind one port share the work, and one that is killed takes nothing with it`, {
    timeout: 600_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { INGEST_WORKERS: '2', RATE_LIMIT_PER_MIN: '1000000' })
    await expectLedger(t, stack, async () => {
      await answeredByBoth(stack)
      await stack.crash('ingest-2')
      await answeredByBoth(stack)
    })
  })

/** Resolves when each process has answered producers since it was started. */
async function answeredByBoth(stack: Stack): Promise<void> {
  for (const name of WORKERS)
    await eventually(async () => (await answered(stack, name)) > 0, {
      pauseMs: 200,
      message: `${name} answering producers`,
    })
}

async function answered(stack: Stack, name: PartName): Promise<number> {
  const port = (await stack.status()).processes.find((part) => part.name === name)?.operations_port
  // Refused while it is started again.
  return readMetric(`http://127.0.0.1:${port}`, 'sluice_http_requests_total', 'route="/events"').catch(() => 0)
}
