import type { AuditAction } from '@sluice/contract/audit-actions'
import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'
import { type Page, parseCursor, toPage } from './cursor.ts'
import { microsOf, rfc3339Millis, SqlConditions } from './sql-conditions.ts'

/** Which changes; null: any. By the time of the change: from `since` on, before `until`. */
export type AuditFilter = { action: AuditAction | null; target: string | null; since: Date | null; until: Date | null }

export type AuditRow = {
  operationId: string
  at: string
  by: string
  action: AuditAction
  target: string | null
  count: number | null
  note: string | null
  requestId: string
  /** JSON text. */
  before: string | null
  after: string | null
}

/**
 * What people changed, newest first.
 * @param page.limit 1 to 200
 * @throws {InvalidCursorError}
 * @throws {StoreUnavailableError} retryable
 */
export async function listAudit(
  pool: Pool,
  filter: AuditFilter,
  page: { cursor: string | null; limit: number },
): Promise<Page<AuditRow>> {
  const where = new SqlConditions()
  where.whenGiven(filter.action, (action) => `a.action = ${action}`)
  where.whenGiven(filter.target, (target) => `a.target = ${target}`)
  where.whenGiven(filter.since, (since) => `a.at >= ${since}`)
  where.whenGiven(filter.until, (until) => `a.at < ${until}`)
  where.after(parseCursor(page.cursor), 'a.at', 'a.operation_id')
  const limit = where.value(page.limit + 1)
  const { rows } = await asStoreErrors('listing changes', () =>
    pool.query<AuditRow & { micros: string }>(
      `SELECT a.operation_id AS "operationId", ${rfc3339Millis('a.at')} AS at, a.by, a.action, a.target, a.count, a.note,
              a.request_id AS "requestId", a.before::text AS before, a.after::text AS after, ${microsOf('a.at')} AS micros
       FROM audit a WHERE ${where.toSql()} ORDER BY a.at DESC, a.operation_id DESC LIMIT ${limit}`,
      where.values,
    ),
  )
  const { rows: shown, nextCursor } = toPage(rows, page.limit, ({ micros, operationId }) => ({
    micros,
    id: operationId,
  }))
  return { rows: shown.map(({ micros: _, ...row }) => row), nextCursor }
}
