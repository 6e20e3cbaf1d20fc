import type { RedriveJobState } from '@sluice/contract/admin-api/redrives'
import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'
import { type Page, parseCursor, toPage } from './cursor.ts'
import { microsOf, rfc3339Millis, SqlConditions } from './sql-conditions.ts'

/** One redrive job. Times are RFC 3339 in UTC. */
export type RedriveJob = {
  id: string
  operationId: string
  state: RedriveJobState
  by: string
  note: string | null
  /** JSON text. */
  filter: string | null
  edited: boolean
  ratePerSecond: number
  matched: number
  appended: number
  stored: number
  failedAgain: number
  leftOut: number
  /** Appended per second since it started; null while nothing was. */
  rate: number | null
  startedAt: string
  endedAt: string | null
}

const COLUMNS = `
  j.id, j.operation_id AS "operationId", j.state, j.by, j.note, j.filter::text AS filter,
  (j.edit IS NOT NULL OR j.event IS NOT NULL) AS edited, j.rate_per_second AS "ratePerSecond", j.matched, j.appended, j.stored,
  j.failed_again AS "failedAgain", j.left_out AS "leftOut",
  CASE WHEN j.appended > 0 THEN round((j.appended / greatest(0.001, extract(epoch FROM coalesce(
    CASE WHEN j.appended + j.left_out >= j.matched THEN (
      SELECT max(i.appended_at) FROM redrive_items i WHERE i.job_id = j.id) END,
    j.ended_at, now()) - j.started_at)))::numeric, 1)::float8 END AS rate,
  ${rfc3339Millis('j.started_at')} AS "startedAt", ${rfc3339Millis('j.ended_at')} AS "endedAt"`

/** @throws {StoreUnavailableError} retryable */
export async function findRedriveJob(pool: Pool, id: string): Promise<RedriveJob | null> {
  const { rows } = await asStoreErrors('reading a redrive job', () =>
    pool.query<RedriveJob>(`SELECT ${COLUMNS} FROM redrive_jobs j WHERE j.id = $1`, [id]),
  )
  return rows[0] ?? null
}

/**
 * Redrive jobs, newest first.
 * @param page.limit 1 to 200
 * @throws {InvalidCursorError}
 * @throws {StoreUnavailableError} retryable
 */
export async function listRedriveJobs(
  pool: Pool,
  state: RedriveJobState | null,
  page: { cursor: string | null; limit: number },
): Promise<Page<RedriveJob>> {
  const where = new SqlConditions()
  where.whenGiven(state, (value) => `j.state = ${value}`)
  where.after(parseCursor(page.cursor), 'j.started_at', 'j.id')
  const limit = where.value(page.limit + 1)
  const { rows } = await asStoreErrors('listing redrive jobs', () =>
    pool.query<RedriveJob & { micros: string }>(
      `SELECT ${COLUMNS}, ${microsOf('j.started_at')} AS micros FROM redrive_jobs j
       WHERE ${where.toSql()} ORDER BY j.started_at DESC, j.id DESC LIMIT ${limit}`,
      where.values,
    ),
  )
  const { rows: shown, nextCursor } = toPage(rows, page.limit, ({ micros, id }) => ({ micros, id }))
  return { rows: shown.map(({ micros: _, ...job }) => job), nextCursor }
}

/** The job that an operation made; null when it made none. @throws {StoreUnavailableError} retryable */
export async function findJobOfOperation(pool: Pool, operationId: string): Promise<string | null> {
  const { rows } = await asStoreErrors('finding the job of an operation', () =>
    pool.query<{ id: string }>('SELECT id FROM redrive_jobs WHERE operation_id = $1', [operationId]),
  )
  return rows[0]?.id ?? null
}
