import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import type { PartName, Stack } from '../stack.ts'
import { type Account, runLoad, takeAccount } from './ledger.ts'

const RATE_PER_SECOND = 100
/** A machine at its limit takes ten times as long as an idle one. */
const PATIENCE_MS = 60_000

/** Numbers of the whole table `events`. */
export const storedEvents = async (stack: Stack): Promise<number> =>
  (await stack.sql<{ n: number }>('SELECT count(*)::int AS n FROM events'))[0]?.n ?? 0

async function waitingRecords({ adminUrl }: Stack): Promise<number | null> {
  const response = await fetch(`${adminUrl}/admin/kafka/lag`)
  return ((await response.json()) as { total_lag: number | null }).total_lag
}

/**
 * Breaks something while producers send, heals it, lets the load go on until events are stored again, and takes account: what
 * must be 0 is 0. `fault` returns once it has seen what it was made for, and that is healed.
 */
export async function breakUnderLoad(t: TestContext, stack: Stack, fault: () => Promise<void>): Promise<Account> {
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
  await eventually(async () => (await waitingRecords(stack)) === 0, { timeoutMs: PATIENCE_MS, message: 'an empty log' })
  const account = await takeAccount(stack, entries)
  t.diagnostic(JSON.stringify(account))
  const { sent, accepted, ...mustBeZero } = account
  assert.ok(sent > 50 && accepted === sent, `${accepted} of ${sent} accepted`)
  for (const [name, number] of Object.entries(mustBeZero)) assert.equal(number, 0, name)
  return account
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
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
  return {
    readiness: async () => (await get('/readyz')).status,
    async metric(metric, labels = '') {
      const lines = (await (await get('/metrics')).text()).split('\n')
      const series = lines.filter((line) => line.startsWith(`${metric}{`) && line.includes(labels))
      return series.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
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
