import { eventually } from '@sluice/runtime/testing/eventually'
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

/** Asks admin until it knows: a log that does not answer it in time, as on a busy machine, leaves it without partitions. */
export function readLag({ adminUrl }: Pick<Stack, 'adminUrl'>): Promise<Lag> {
  return eventually(
    async () => {
      const response = await fetch(`${adminUrl}/admin/kafka/lag`, { signal: AbortSignal.timeout(60_000) })
      if (!response.ok) throw new Error(`admin answered ${response.status}: ${await response.text()}`)
      const lag = (await response.json()) as Omit<Lag, 'partitions'> & { partitions: Lag['partitions'] | null }
      return lag.partitions !== null && { ...lag, partitions: lag.partitions }
    },
    { pauseMs: 100, message: 'admin knowing what waits in the log' },
  )
}

/** Records that the log has ever taken, none of them removed yet. */
export async function recordsInLog(stack: Pick<Stack, 'adminUrl'>): Promise<number> {
  return (await readLag(stack)).partitions.reduce((sum, { end }) => sum + end, 0)
}
