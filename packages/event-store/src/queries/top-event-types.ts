import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'

export type TopEventTypes = {
  /** The start of the first minute that was counted. */
  since: Date
  /** Most frequent first. `share` of all stored events since then, 0 to 1. */
  types: { eventType: string; count: number; share: number }[]
}

const TOP = `
  WITH counted AS (
    SELECT event_type, sum(stored) AS stored FROM rollup_minute
    WHERE bucket >= date_bin('1 minute', now() - $1 * interval '1 minute', '2000-01-01 00:00Z')
      AND ($2::text IS NULL OR tenant_id = $2)
    GROUP BY event_type HAVING sum(stored) > 0
  )
  SELECT date_bin('1 minute', now() - $1 * interval '1 minute', '2000-01-01 00:00Z') AS since,
         c.event_type, c.stored::float8 AS count, (c.stored / c.total)::float8 AS share
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
  const { rows } = await asStoreErrors('reading the top event types', () =>
    pool.query<Row>(TOP, [question.minutes, question.tenantId, question.limit]),
  )
  return {
    since: rows[0]?.since ?? new Date(0),
    types: rows.flatMap(({ event_type: eventType, count, share }) =>
      eventType === null ? [] : [{ eventType, count, share }],
    ),
  }
}
