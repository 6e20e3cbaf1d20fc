import { readMetric } from '../metrics.ts'
import type { PartName } from '../sluice-dev.ts'
import type { Stack } from '../stack.ts'

/** Numbers of the whole table `events`. */
export const storedEvents = async (stack: Stack): Promise<number> =>
  (await stack.sql<{ n: number }>('SELECT count(*)::int AS n FROM events'))[0]?.n ?? 0

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
