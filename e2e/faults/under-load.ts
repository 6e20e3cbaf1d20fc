import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { readMetric } from '../metrics.ts'
import type { PartName } from '../sluice-dev.ts'
import type { Stack } from '../stack.ts'
import { assertAccounted, type Entry, runLoad } from './ledger.ts'

const RATE_PER_SECOND = 100
/** A machine at its limit takes ten times as long as an idle one. */
const PATIENCE_MS = 60_000

/** Numbers of the whole table `events`. */
export const storedEvents = async (stack: Stack): Promise<number> =>
  (await stack.sql<{ n: number }>('SELECT count(*)::int AS n FROM events'))[0]?.n ?? 0

/**
 * Breaks something while producers send, heals it, lets the load go on until events are stored again, and takes account: what
 * must be 0 is 0. `fault` returns once it has seen what it was made for, and that is healed.
 */
export async function breakUnderLoad(
  t: TestContext,
  stack: Stack,
  fault: () => Promise<void>,
): Promise<readonly Entry[]> {
  const ending = new AbortController()
  const load = runLoad(t, stack, RATE_PER_SECOND, ending.signal)
  // Told at once when the load itself fails, not only at its end.
  const failed = load.then(() => new Promise<never>(() => {}))
  const more = async (beyond: number) =>
    eventually(async () => (await storedEvents(stack)) > beyond, { timeoutMs: PATIENCE_MS, message: 'events stored' })
  await Promise.race([more(50), failed])
  await Promise.race([fault(), failed])
  await Promise.race([more(await storedEvents(stack)), failed])
  ending.abort()
  const entries = await load
  const slowest = Math.max(...entries.flatMap(({ tries }) => tries).map(({ tookMs }) => tookMs))
  t.diagnostic(`the slowest answer took ${Math.round(slowest)} ms`)
  assert.ok(entries.length > 50, `${entries.length} sent`)
  await assertAccounted(t, stack, entries)
  return entries
}

/** What one part says of itself; it keeps its port when it is started again. */
export type Watch = {
  /** `/readyz`: 200 or 503. */
  readiness(): Promise<number>
  /** The sum of all series of one metric whose labels hold `labels`. */
  metric(name: string, labels?: string): Promise<number>
}

export async function watchPart(stack: Stack, name: PartName): Promise<Watch> {
  const port = (await stack.status()).processes.find((part) => part.name === name)?.port
  const origin = `http://127.0.0.1:${port}`
  return {
    readiness: async () => (await fetch(`${origin}/readyz`)).status,
    async metric(metric, labels = '') {
      const value = await readMetric(origin, metric, labels)
      // A series that nothing was counted in yet is absent.
      return Number.isNaN(value) ? 0 : value
    },
  }
}

/** PostgreSQL's processes that serve one kind of our connections, such as `sluice-processor`. */
export async function backendsOf(stack: Stack, applicationName: string): Promise<number[]> {
  const rows = await stack.sql<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE application_name LIKE $1 AND pid <> pg_backend_pid()',
    [applicationName],
  )
  return rows.map(({ pid }) => pid)
}
