import type { Pool } from '@sluice/runtime/postgres'
import { readFoldedUntil } from '../fold-rollups.ts'
import { asStoreErrors } from '../store-errors.ts'

export type TopEventTypes = {
  /** From when on was counted: the start of a minute, of an hour when a day or more was asked for. */
  since: Date
  /** Most frequent first. `share` of all stored events since then, 0 to 1. */
  types: { eventType: string; count: number; share: number }[]
}

const MINUTES_IN_HOURS = 1_440

// Hours from rollup_hour, the running one as far as it is folded; minutes before the first whole hour, and those that are not folded.
// What is folded is asked in the statement itself, hence of the same snapshot. $4 is what it was a moment ago, never more, so that the
// planner knows how little the rest is.
const SINCE = `date_bin(CASE WHEN $1 >= ${MINUTES_IN_HOURS} THEN interval '1 hour' ELSE interval '1 minute' END,
                        now() - $1 * interval '1 minute', '2000-01-01 00:00Z')`
const FIRST_HOUR = `date_bin('1 hour', ${SINCE} + interval '59 minutes', '2000-01-01 00:00Z')`
const TOP = `
  WITH counted AS (
    SELECT event_type, sum(stored) AS stored
    FROM (
      SELECT h.event_type, h.stored FROM rollup_hour h WHERE h.tenant_id = coalesce($2, '*') AND h.bucket >= ${FIRST_HOUR}
      UNION ALL
      SELECT m.event_type, m.stored FROM rollup_minute m
      WHERE m.bucket >= ${SINCE} AND m.bucket < ${FIRST_HOUR} AND ($2::text IS NULL OR m.tenant_id = $2)
      UNION ALL
      SELECT m.event_type, m.stored FROM rollup_minute m
      WHERE m.bucket >= greatest(${FIRST_HOUR}, $4::timestamptz) AND m.bucket >= (SELECT f.folded_until FROM rollup_folded f)
        AND ($2::text IS NULL OR m.tenant_id = $2)
    ) parts
    GROUP BY event_type HAVING sum(stored) > 0
  )
  SELECT ${SINCE} AS since, c.event_type, c.stored::float8 AS count, (c.stored / c.total)::float8 AS share
  FROM (SELECT 1) always
  LEFT JOIN (
    SELECT event_type, stored, sum(stored) OVER () AS total FROM counted ORDER BY stored DESC, event_type LIMIT $3
  ) c ON true
  ORDER BY c.stored DESC, c.event_type`

/**
 * The event types that were stored most often. Beyond 1,000 types of one tenant in one minute the rest counts as `other`.
 * @param question.minutes 1 to 43,200 back from now
 * @param question.limit 1 to 200
 * @throws {StoreUnavailableError} retryable
 */
export async function readTopEventTypes(
  pool: Pool,
  question: { minutes: number; limit: number; tenantId: string | null },
): Promise<TopEventTypes> {
  type Row = { since: Date; event_type: string | null; count: number; share: number }
  const { minutes, tenantId, limit } = question
  const { rows } = await asStoreErrors('reading the top event types', async () =>
    pool.query<Row>(TOP, [minutes, tenantId, limit, await readFoldedUntil(pool)]),
  )
  return {
    since: rows[0]?.since ?? new Date(0),
    types: rows.flatMap(({ event_type: eventType, count, share }) =>
      eventType === null ? [] : [{ eventType, count, share }],
    ),
  }
}
