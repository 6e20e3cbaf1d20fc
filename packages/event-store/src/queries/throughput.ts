import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'
import { percentilesOf } from './overview.ts'
import { latencySums } from './sql-conditions.ts'

/** What was settled in one minute, by the time of storage. */
export type SettledMinute = {
  minute: Date
  stored: number
  deadLettered: number
  /** Found at storage; duplicates that the gate answered are not among them. */
  repeats: number
  /** From acceptance to storage, in ms; null when nothing was stored. */
  endToEndMs: { p50: number; p95: number; p99: number } | null
  /** False for the running minute. */
  complete: boolean
}

type Row = {
  minute: Date
  stored: number
  dead_lettered: number
  repeats: number
  latency: number[]
  complete: boolean
}

const PER_MINUTE = `
  SELECT m.minute, coalesce(sum(r.stored), 0)::float8 AS stored, coalesce(sum(r.dead_lettered), 0)::float8 AS dead_lettered,
         coalesce(sum(r.repeats), 0)::float8 AS repeats, m.minute < date_bin('1 minute', now(), '2000-01-01 00:00Z') AS complete,
         ${latencySums('r.latency')} AS latency
  FROM generate_series(date_bin('1 minute', now(), '2000-01-01 00:00Z') - ($1 - 1) * interval '1 minute',
                       date_bin('1 minute', now(), '2000-01-01 00:00Z'), interval '1 minute') m (minute)
  LEFT JOIN rollup_minute r ON r.bucket = m.minute AND ($2::text IS NULL OR r.tenant_id = $2)
  GROUP BY m.minute ORDER BY m.minute`

/**
 * The last minutes, oldest first, the running one last; a minute in which nothing was settled has zeros.
 * @param question.minutes 1 to 1,440
 * @throws {StoreUnavailableError} retryable
 */
export async function readThroughput(
  pool: Pool,
  question: { minutes: number; tenantId: string | null },
): Promise<SettledMinute[]> {
  const { rows } = await asStoreErrors('reading the throughput', () =>
    pool.query<Row>(PER_MINUTE, [question.minutes, question.tenantId]),
  )
  return rows.map(({ minute, stored, dead_lettered: deadLettered, repeats, latency, complete }) => {
    return { minute, stored, deadLettered, repeats, endToEndMs: percentilesOf(latency), complete }
  })
}
