import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'
import { type Page, parseCursor, toPage } from './cursor.ts'
import { SqlConditions } from './sql-conditions.ts'
import { EVENT_COLUMNS, EVENT_TABLES, type EventRow, type StoredEvent, toStoredEvent } from './stored-event.ts'

/** Which events; null: any. */
export type EventFilter = {
  tenantId: string | null
  eventType: string | null
  /** By the time of storage: from `since` on, before `until`. */
  since: Date | null
  until: Date | null
}

/** Every tenant that has events, by jumping from one to the next in the index: as many look-ups as there are tenants. */
export const ALL_TENANTS = `
  WITH RECURSIVE tenants (tenant_id) AS (
    (SELECT tenant_id FROM events ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT e.tenant_id FROM events e WHERE e.tenant_id > t.tenant_id ORDER BY e.tenant_id LIMIT 1)
    FROM tenants t WHERE t.tenant_id IS NOT NULL
  )`

/**
 * Stored events, newest first by the time of storage. Costs look-ups in proportion to tenants times `limit`, however many
 * events there are: of all tenants, the newest of each are merged.
 * @param page.cursor of the page before; null: the first page
 * @param page.limit 1 to 200
 * @throws {InvalidCursorError}
 * @throws {StoreUnavailableError} retryable
 */
export async function listEvents(
  pool: Pool,
  filter: EventFilter,
  page: { cursor: string | null; limit: number },
): Promise<Page<StoredEvent>> {
  const after = parseCursor(page.cursor)
  const where = new SqlConditions()
  const tenants =
    filter.tenantId === null
      ? ALL_TENANTS
      : `WITH tenants AS (SELECT ${where.value(filter.tenantId)}::text AS tenant_id)`
  where.whenGiven(filter.eventType, (type) => `n.event_type = ${type}`)
  where.whenGiven(filter.since, (since) => `n.processed_at >= ${since}`)
  where.whenGiven(filter.until, (until) => `n.processed_at < ${until}`)
  where.after(after, 'n.processed_at', 'n.id')
  const limit = where.value(page.limit + 1)
  const { rows } = await asStoreErrors('listing events', () =>
    pool.query<EventRow>(
      `${tenants}
       SELECT ${EVENT_COLUMNS}
       FROM (
         SELECT newest.id, newest.processed_at
         FROM tenants t
         CROSS JOIN LATERAL (
           SELECT n.id, n.processed_at FROM events n
           WHERE n.tenant_id = t.tenant_id AND ${where.toSql()}
           ORDER BY n.processed_at DESC, n.id DESC LIMIT ${limit}
         ) newest
         ORDER BY newest.processed_at DESC, newest.id DESC LIMIT ${limit}
       ) page
       JOIN (${EVENT_TABLES}) ON e.id = page.id
       ORDER BY page.processed_at DESC, page.id DESC`,
      where.values,
    ),
  )
  const { rows: shown, nextCursor } = toPage(rows, page.limit, ({ micros, receiptId }) => ({ micros, id: receiptId }))
  return { rows: shown.map(toStoredEvent), nextCursor }
}
