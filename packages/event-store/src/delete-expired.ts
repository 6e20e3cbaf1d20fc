import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from './store-errors.ts'

export type Retention = {
  /** How long a stored event is kept after it was stored, in ms; so are the numbers about its time. */
  eventsMs: number
  /** How long a dead letter is kept after it was closed, in ms, and what a redrive took after its end. An open one is kept for ever. */
  deadLettersMs: number
  /** How long it is known who changed what, redrives among it, in ms. As long an operation that is sent again changes nothing. */
  auditMs: number
}

/** Rows deleted by table. */
export type Expired = { [Table in ExpiringTable]: number }
export type ExpiringTable =
  | 'events'
  | 'dead_letters'
  | 'receipt_aliases'
  | 'rollup_minute'
  | 'rollup_totals'
  | 'rollup_hour'
  | 'balance_minute'
  | 'redrive_items'
  | 'redrive_jobs'
  | 'audit'

// 1,000 events took 20 to 60 ms of 600,000 on two busy cores: what waits for one of them waits no longer than for a settle.
const STEP_ROWS = 1_000

/** Only one process deletes at a time: the others would wait for its rows. Any number: only its equality counts. */
const ALONE = '(SELECT pg_try_advisory_xact_lock(6184402871))'

/** By way of the index (tenant_id, processed_at, id): the tenants one after the other, the oldest of each. */
const DELETE_EVENTS = `
  WITH RECURSIVE tenants AS (
    (SELECT tenant_id FROM events ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT e.tenant_id FROM events e WHERE e.tenant_id > t.tenant_id ORDER BY e.tenant_id LIMIT 1)
    FROM tenants t WHERE t.tenant_id IS NOT NULL
  )
  DELETE FROM events WHERE id = ANY (ARRAY(
    SELECT old.id FROM tenants t CROSS JOIN LATERAL (
      SELECT e.id FROM events e
      WHERE e.tenant_id = t.tenant_id AND e.processed_at < now() - $1::bigint * interval '1 millisecond'
      ORDER BY e.processed_at LIMIT $2
    ) old
    WHERE ${ALONE} LIMIT $2))`

const DELETE_DEAD_LETTERS = `
  DELETE FROM dead_letters WHERE id = ANY (ARRAY(
    SELECT id FROM dead_letters
    WHERE ${ALONE} AND state IN ('redriven', 'dismissed')
      AND failed_at < now() - $1::bigint * interval '1 millisecond'
      AND coalesce(closed_at, failed_at) < now() - $1::bigint * interval '1 millisecond'
    LIMIT $2 FOR UPDATE SKIP LOCKED))`

/** Receipts begin with their time, so the oldest are the first of the key. */
const DELETE_ALIASES = `
  DELETE FROM receipt_aliases WHERE receipt_id = ANY (ARRAY(
    SELECT receipt_id FROM receipt_aliases
    WHERE ${ALONE} AND seen_at < now() - $1::bigint * interval '1 millisecond' AND receipt_id < (
      lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - $1::bigint), 12, '0') || repeat('0', 20))::uuid
    ORDER BY receipt_id LIMIT $2))`

/** Of redrives whose every outcome is known. Their items go before them, a step at a time: there may be many thousands. */
const ENDED_JOBS = `
  SELECT j.id FROM redrive_jobs j
  WHERE NOT j.is_live AND j.started_at < now() - $1::bigint * interval '1 millisecond'
    AND j.ended_at < now() - $1::bigint * interval '1 millisecond'`

const DELETE_ITEMS = `
  DELETE FROM redrive_items WHERE ctid = ANY (ARRAY(
    SELECT i.ctid FROM (${ENDED_JOBS}) j JOIN redrive_items i ON i.job_id = j.id
    WHERE ${ALONE} LIMIT $2 FOR UPDATE OF i SKIP LOCKED))`

const DELETE_JOBS = `
  DELETE FROM redrive_jobs WHERE id = ANY (ARRAY(
    SELECT j.id FROM (${ENDED_JOBS}) j
    WHERE ${ALONE} AND NOT EXISTS (SELECT FROM redrive_items i WHERE i.job_id = j.id) LIMIT $2))`

const deleteMinutes = (table: string, minute: string) => `
  DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ${table}
    WHERE ${ALONE} AND ${minute} < now() - $1::bigint * interval '1 millisecond'
    ORDER BY ${minute} LIMIT $2 FOR UPDATE SKIP LOCKED))`

const STATEMENTS: Record<ExpiringTable, { text: string; by: keyof Retention }> = {
  events: { text: DELETE_EVENTS, by: 'eventsMs' },
  dead_letters: { text: DELETE_DEAD_LETTERS, by: 'deadLettersMs' },
  receipt_aliases: { text: DELETE_ALIASES, by: 'eventsMs' },
  rollup_minute: { text: deleteMinutes('rollup_minute', 'bucket'), by: 'eventsMs' },
  rollup_totals: { text: deleteMinutes('rollup_totals', 'bucket'), by: 'eventsMs' },
  rollup_hour: { text: deleteMinutes('rollup_hour', 'bucket'), by: 'eventsMs' },
  balance_minute: { text: deleteMinutes('balance_minute', 'minute'), by: 'eventsMs' },
  redrive_items: { text: DELETE_ITEMS, by: 'deadLettersMs' },
  redrive_jobs: { text: DELETE_JOBS, by: 'auditMs' },
  audit: { text: deleteMinutes('audit', 'at'), by: 'auditMs' },
}

/**
 * Deletes a little of what is older than it has to be kept: one step, at most 1,000 rows of each table, a statement each.
 * Call it again while `more`, with a pause; from any process, as one works at a time. Times are the database's.
 * @throws {StoreUnavailableError} retryable; what was deleted before stays deleted
 */
export async function deleteExpired(
  pool: Pool,
  retention: Retention,
  stepRows = STEP_ROWS,
): Promise<{ deleted: Expired; more: boolean }> {
  const deleted = {} as Expired
  for (const [table, { text, by }] of Object.entries(STATEMENTS) as [
    ExpiringTable,
    (typeof STATEMENTS)[ExpiringTable],
  ][]) {
    const result = await asStoreErrors(`deleting expired rows of ${table}`, () =>
      pool.query(text, [retention[by], stepRows]),
    )
    deleted[table] = result.rowCount ?? 0
  }
  return { deleted, more: Object.values(deleted).some((rows) => rows >= stepRows) }
}
