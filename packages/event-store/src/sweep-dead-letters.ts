import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from './store-errors.ts'

/** How far a sweep has come; null: it begins, or has come to the end. */
export type SweepPlace = { failedAt: string; id: string } | null

// Looking at 1,000 costs as many look-ups by a unique key: 25 ms on two busy cores.
const STEP_ROWS = 1_000

/** Locks and writes in the order of settle_batch: dead letters by id, history, aliases, counters. */
const SWEEP = `
  WITH page AS MATERIALIZED (
    SELECT d.id, d.failed_at, d.tenant_id, d.idempotency_key, d.fingerprint, d.receipt_id FROM dead_letters d
    WHERE d.state = 'open' AND ($1::timestamptz IS NULL OR (d.failed_at, d.id) > ($1, $2::uuid))
    ORDER BY d.failed_at, d.id LIMIT $3
  ), with_row AS MATERIALIZED (
    SELECT p.id, e.id AS row_id FROM page p
    JOIN events e ON e.tenant_id = p.tenant_id AND e.idempotency_key = p.idempotency_key
     AND (e.fingerprint = p.fingerprint OR e.id = p.receipt_id)
  ), locked AS MATERIALIZED (
    SELECT d.id, w.row_id FROM dead_letters d JOIN with_row w ON w.id = d.id
    WHERE d.state = 'open' ORDER BY d.id FOR UPDATE OF d SKIP LOCKED
  ), closed AS MATERIALIZED (
    UPDATE dead_letters d SET state = 'redriven', closed_at = clock_timestamp()
    FROM locked l WHERE d.id = l.id
    RETURNING d.id, d.tenant_id, d.receipt_id, l.row_id, d.closed_at, coalesce(d.received_at, d.first_failed_at) AS at
  ), history AS (
    INSERT INTO dead_letter_history (dead_letter_id, at, what, by) SELECT id, closed_at, 'stored', 'sweep' FROM closed
  ), aliases AS (
    INSERT INTO receipt_aliases (receipt_id, stands_for, tenant_id, seen_at)
    SELECT receipt_id, row_id, tenant_id, closed_at FROM closed WHERE receipt_id <> row_id ORDER BY receipt_id
    ON CONFLICT DO NOTHING
  ), balance AS (
    INSERT INTO balance_minute AS b (minute, tenant_id, shard, stored, dead_lettered, repeats)
    SELECT date_bin('1 minute', c.at, '2000-01-01 00:00Z') AS minute, c.tenant_id, $4, 0, -count(*), count(*)
    FROM closed c GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (minute, tenant_id, shard) DO UPDATE
    SET dead_lettered = b.dead_lettered + excluded.dead_lettered, repeats = b.repeats + excluded.repeats
  )
  SELECT (SELECT count(*)::integer FROM closed) AS closed, p.failed_at::text AS "failedAt", p.id
  FROM page p ORDER BY p.failed_at DESC, p.id DESC LIMIT 1`

/**
 * Closes open dead letters whose event has a row, which nobody saw together: two processors judged one event differently
 * at the same moment, or a row was stored under an edited event by hand. One step; safe at any time, in any process.
 * @param shard 0 to 32,767: which rows of the counters this process writes
 * @returns how many were closed, and from where to go on: null when all were looked at
 * @throws {StoreUnavailableError} retryable: all of it was written or nothing
 */
export async function sweepDeadLetters(
  { pool, shard }: { pool: Pool; shard: number },
  from: SweepPlace,
  stepRows = STEP_ROWS,
): Promise<{ closed: number; next: SweepPlace }> {
  const { rows } = await asStoreErrors('sweeping dead letters', () =>
    pool.query<{ closed: number; failedAt: string; id: string }>(SWEEP, [
      from?.failedAt ?? null,
      from?.id ?? null,
      stepRows,
      shard,
    ]),
  )
  const [last] = rows
  return last === undefined
    ? { closed: 0, next: null }
    : { closed: last.closed, next: { failedAt: last.failedAt, id: last.id } }
}
