import type { Stack } from './stack.ts'

/** What `GET /admin/kafka/lag` says, as far as tests look at it. */
export type Lag = {
  total_lag: number | null
  consuming: boolean
  partitions: {
    partition: number
    start: number
    end: number
    committed: number | null
    lag: number | null
    oldest_waiting_at: string | null
  }[]
}

/** @throws TypeError when admin does not answer */
export async function readLag({ adminUrl }: Pick<Stack, 'adminUrl'>): Promise<Lag> {
  const response = await fetch(`${adminUrl}/admin/kafka/lag`, { signal: AbortSignal.timeout(10_000) })
  if (!response.ok) throw new Error(`admin answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as Lag
}

/** Records that the log has ever taken, none of them removed yet. */
export async function recordsInLog(stack: Pick<Stack, 'adminUrl'>): Promise<number> {
  return (await readLag(stack)).partitions.reduce((sum, { end }) => sum + end, 0)
}
