import type { Pool } from '@sluice/runtime/postgres'
import { LAG_SAMPLE_STEP_MS } from '../lag-samples.ts'
import { asStoreErrors } from '../store-errors.ts'

/** One step of time; all null where nobody measured. */
export type LagPoint = {
  at: Date
  /** The most within the step. */
  totalLag: number | null
  behindSeconds: number | null
  appendedPerSecond: number | null
  settledPerSecond: number | null
  /** False when a processor was missed at any moment of it. */
  consuming: boolean | null
}

export type LagHistory = { stepSeconds: number; since: Date; asOf: Date; points: LagPoint[] }

/** As many points a chart can show. */
const MAX_POINTS = 360
const SAMPLE_SECONDS = LAG_SAMPLE_STEP_MS / 1_000

// A rate spans two samples; between samples further apart nobody measured, and a smaller position is another topic's.
const HISTORY = `
  WITH span AS MATERIALIZED (
    SELECT now() AS as_of, date_bin($2 * interval '1 second', now() - $1 * interval '1 minute', '2000-01-01 00:00Z')
                             + $2 * interval '1 second' AS since
  ), rated AS (
    SELECT s.at, s.total_lag, s.behind_seconds, s.consuming,
           CASE WHEN d.seconds <= ${3 * SAMPLE_SECONDS} AND s.appended >= d.appended AND s.settled >= d.settled
                THEN (s.appended - d.appended) / d.seconds END AS appended_rate,
           CASE WHEN d.seconds <= ${3 * SAMPLE_SECONDS} AND s.appended >= d.appended AND s.settled >= d.settled
                THEN (s.settled - d.settled) / d.seconds END AS settled_rate
    FROM (
      SELECT *, lag(at) OVER w AS before_at, lag(appended) OVER w AS before_appended, lag(settled) OVER w AS before_settled
      FROM lag_samples WHERE at >= (SELECT since - interval '1 minute' FROM span)
      WINDOW w AS (ORDER BY at)
    ) s
    CROSS JOIN LATERAL (
      SELECT extract(epoch FROM s.at - s.before_at)::float8 AS seconds, s.before_appended AS appended, s.before_settled AS settled
    ) d
  ), stepped AS (
    SELECT date_bin($2 * interval '1 second', at, '2000-01-01 00:00Z') AS step, max(total_lag)::float8 AS total_lag,
           max(behind_seconds)::float8 AS behind_seconds, avg(appended_rate)::float8 AS appended_rate,
           avg(settled_rate)::float8 AS settled_rate, bool_and(consuming) AS consuming
    FROM rated GROUP BY 1
  )
  SELECT s.as_of, s.since, p.at, c.total_lag AS "totalLag", round(c.behind_seconds::numeric, 1)::float8 AS "behindSeconds",
         round(c.appended_rate::numeric, 1)::float8 AS "appendedPerSecond",
         round(c.settled_rate::numeric, 1)::float8 AS "settledPerSecond", c.consuming
  FROM span s CROSS JOIN generate_series(s.since, s.as_of, $2 * interval '1 second') p (at)
  LEFT JOIN stepped c ON c.step = p.at
  ORDER BY p.at`

/**
 * How the lag went, in at most 360 steps, oldest first; every step is there.
 * @param minutes 1 to 1,440
 * @throws {StoreUnavailableError} retryable
 */
export async function readLagHistory(pool: Pool, minutes: number): Promise<LagHistory> {
  const stepSeconds = Math.ceil((minutes * 60) / MAX_POINTS / SAMPLE_SECONDS) * SAMPLE_SECONDS
  const { rows } = await asStoreErrors('reading the history of the lag', () =>
    pool.query<LagPoint & { as_of: Date; since: Date }>(HISTORY, [minutes, stepSeconds]),
  )
  const [first] = rows
  if (first === undefined) throw new TypeError('a series without a step')
  const points = rows.map(({ as_of: _, since: __, ...point }) => point)
  return { stepSeconds, since: first.since, asOf: first.as_of, points }
}
