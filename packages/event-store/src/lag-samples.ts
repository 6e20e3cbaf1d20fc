import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from './store-errors.ts'

/** How the log and its consumers stood at one moment. */
export type LagSample = {
  at: Date
  totalLag: number
  behindSeconds: number | null
  /** Sums of log positions: end, and end less lag. */
  appended: number
  settled: number
  consuming: boolean
}

/** Samples of one step are one sample: whoever writes it first. */
export const LAG_SAMPLE_STEP_MS = 10_000

const WRITE = `
  INSERT INTO lag_samples (at, total_lag, behind_seconds, appended, settled, consuming)
  SELECT date_bin('10 seconds', s.at, '2000-01-01 00:00Z'), s.total_lag, s.behind_seconds, s.appended, s.settled, s.consuming
  FROM unnest($1::timestamptz[], $2::bigint[], $3::real[], $4::bigint[], $5::bigint[], $6::boolean[])
    s (at, total_lag, behind_seconds, appended, settled, consuming)
  ON CONFLICT DO NOTHING`

/**
 * Keeps samples, also late ones. May be repeated, and called by several processes.
 * @throws {StoreUnavailableError} retryable
 */
export async function writeLagSamples(pool: Pool, samples: readonly LagSample[]): Promise<void> {
  await asStoreErrors('writing lag samples', () =>
    pool.query(WRITE, [
      samples.map(({ at }) => at),
      samples.map(({ totalLag }) => totalLag),
      samples.map(({ behindSeconds }) => behindSeconds),
      samples.map(({ appended }) => appended),
      samples.map(({ settled }) => settled),
      samples.map(({ consuming }) => consuming),
    ]),
  )
}

/**
 * Deletes samples older than a day and an hour: at most 10,000, which is more than a day makes.
 * @throws {StoreUnavailableError} retryable
 */
export async function forgetLagSamples(pool: Pool): Promise<void> {
  await asStoreErrors('forgetting lag samples', () =>
    pool.query(
      `DELETE FROM lag_samples WHERE at IN (
         SELECT at FROM lag_samples WHERE at < now() - interval '25 hours' ORDER BY at LIMIT 10000)`,
    ),
  )
}
