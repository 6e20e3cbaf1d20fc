import type { Pool } from '@sluice/runtime/postgres'
import { readFoldedUntil } from '../fold-rollups.ts'
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
  /** Unix ms. */
  minute: number
  stored: number
  dead_lettered: number
  repeats: number
  latency: string
  complete: boolean
}

// What is folded is one row a minute; the rest is summed here. $3 is a parameter, and not read by the query itself, so that the
// planner knows how little the rest is. Histograms travel as text and times as numbers: `pg` takes many times as long to parse an array
// and a date, and there are 1,440 of each.
const PER_MINUTE = `
  WITH counted AS (
    SELECT t.bucket, t.stored::float8, t.dead_lettered::float8, t.repeats::float8, t.latency::text
    FROM rollup_totals t
    WHERE t.tenant_id = coalesce($2, '*') AND t.bucket < $3::timestamptz
      AND t.bucket >= date_bin('1 minute', now(), '2000-01-01 00:00Z') - ($1 - 1) * interval '1 minute'
    UNION ALL
    SELECT r.bucket, sum(r.stored)::float8, sum(r.dead_lettered)::float8, sum(r.repeats)::float8, ${latencySums('r.latency')}::text
    FROM rollup_minute r
    WHERE r.bucket >= $3::timestamptz AND ($2::text IS NULL OR r.tenant_id = $2)
      AND r.bucket >= date_bin('1 minute', now(), '2000-01-01 00:00Z') - ($1 - 1) * interval '1 minute'
    GROUP BY r.bucket
  )
  SELECT extract(epoch FROM m.minute)::float8 * 1000 AS minute, coalesce(c.stored, 0) AS stored, coalesce(c.dead_lettered, 0) AS dead_lettered,
         coalesce(c.repeats, 0) AS repeats, coalesce(c.latency, '{}') AS latency,
         m.minute < date_bin('1 minute', now(), '2000-01-01 00:00Z') AS complete
  FROM generate_series(date_bin('1 minute', now(), '2000-01-01 00:00Z') - ($1 - 1) * interval '1 minute',
                       date_bin('1 minute', now(), '2000-01-01 00:00Z'), interval '1 minute') m (minute)
  LEFT JOIN counted c ON c.bucket = m.minute
  ORDER BY m.minute`

/**
 * The last minutes, oldest first, the running one last; a minute in which nothing was settled has zeros.
 * @param question.minutes 1 to 1,440
 * @throws {StoreUnavailableError} retryable
 */
export async function readThroughput(
  pool: Pool,
  question: { minutes: number; tenantId: string | null },
): Promise<SettledMinute[]> {
  const { rows } = await asStoreErrors('reading the throughput', async () =>
    pool.query<Row>(PER_MINUTE, [question.minutes, question.tenantId, await readFoldedUntil(pool)]),
  )
  return rows.map(({ minute, stored, dead_lettered: deadLettered, repeats, latency, complete }) => {
    const endToEndMs = percentilesOf(JSON.parse(`[${latency.slice(1, -1)}]`))
    return { minute: new Date(minute), stored, deadLettered, repeats, endToEndMs, complete }
  })
}
