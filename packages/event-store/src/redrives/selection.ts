import { MAX_REDRIVE_ATTEMPTS } from '@sluice/contract/dead-letter'
import type { Pool, PoolClient } from '@sluice/runtime/postgres'
import { type DeadLetterFilter, deadLetterConditions, statesOf } from '../queries/dead-letter-filter.ts'
import { SqlConditions } from '../queries/sql-conditions.ts'
import { asStoreErrors } from '../store-errors.ts'

/** The dead letters that somebody means: by the filter of the list, or by id. */
export type Selection = { filter: DeadLetterFilter } | { ids: readonly string[] }

export type SelectionCount = {
  /** What a job would take. */
  matched: number
  /** Selected and not taken: by their state, or because they failed again too often. */
  leftOut: { state: number; attempts: number }
}

/** Conditions on `dead_letters n`: what is selected, and what of it a job takes. */
export type SelectionSql = { where: SqlConditions; selected: string; takeable: string; isExhausted: string }

export function selectionSql(selection: Selection): SelectionSql {
  const where = 'filter' in selection ? deadLetterConditions(selection.filter) : new SqlConditions()
  const selected =
    'filter' in selection
      ? `n.state = ANY (${where.value(statesOf(selection.filter))}) AND ${where.toSql()}`
      : `n.id = ANY (${where.value(selection.ids)}::uuid[])`
  // A dismissal was meant: it is undone only for those who name it.
  const named = 'ids' in selection || selection.filter.state === 'dismissed'
  const takeable = named ? "n.state IN ('open', 'dismissed')" : "n.state = 'open'"
  return { where, selected, takeable, isExhausted: `n.attempts > ${MAX_REDRIVE_ATTEMPTS}` }
}

/**
 * How many dead letters a job with this selection would take now, and how many it would leave out.
 * @throws {StoreUnavailableError} retryable
 */
export async function countSelection(pool: Pool | PoolClient, selection: Selection): Promise<SelectionCount> {
  const { where, selected, takeable, isExhausted } = selectionSql(selection)
  type Row = { matched: number; state: number; attempts: number }
  const { rows } = await asStoreErrors('counting what is selected', () =>
    pool.query<Row>(
      `SELECT count(*) FILTER (WHERE ${takeable} AND NOT ${isExhausted})::float8 AS matched,
              count(*) FILTER (WHERE NOT (${takeable}))::float8 AS state,
              count(*) FILTER (WHERE ${takeable} AND ${isExhausted})::float8 AS attempts
       FROM dead_letters n WHERE ${selected}`,
      where.values,
    ),
  )
  const { matched = 0, state = 0, attempts = 0 } = rows[0] ?? {}
  return { matched, leftOut: { state, attempts } }
}

/** What a dry run looks at. */
export type SelectedLetter = {
  id: string
  original: Buffer
  /** A row that another event holds its key with: then this one cannot be stored. */
  conflicting: { receiptId: string; fingerprint: string } | null
}

/**
 * The dead letters that a job would take, newest first, a page at a time.
 * @param page.after the last of the page before; null: from the start
 * @throws {StoreUnavailableError} retryable
 */
export async function readSelected(
  pool: Pool,
  selection: Selection,
  page: { after: { failedAt: string; id: string } | null; limit: number },
): Promise<{ letters: SelectedLetter[]; last: { failedAt: string; id: string } | null }> {
  const { where, selected, takeable, isExhausted } = selectionSql(selection)
  const { after } = page
  const place =
    after === null
      ? 'true'
      : `(n.failed_at, n.id) < (${where.value(after.failedAt)}::timestamptz, ${where.value(after.id)}::uuid)`
  type Row = { id: string; failed_at: string; original: Buffer; receipt_id: string | null; fingerprint: string | null }
  const { rows } = await asStoreErrors('reading what is selected', () =>
    pool.query<Row>(
      `SELECT d.id, d.failed_at::text AS failed_at, d.original, e.id AS receipt_id, encode(e.fingerprint, 'hex') AS fingerprint
       FROM (
         SELECT n.id FROM dead_letters n
         WHERE ${selected} AND ${takeable} AND NOT ${isExhausted} AND ${place}
         ORDER BY n.failed_at DESC, n.id DESC LIMIT ${where.value(page.limit)}
       ) chosen
       JOIN dead_letters d ON d.id = chosen.id
       LEFT JOIN events e ON e.tenant_id = d.tenant_id AND e.idempotency_key = d.idempotency_key
       ORDER BY d.failed_at DESC, d.id DESC`,
      where.values,
    ),
  )
  const last = rows.at(-1)
  return {
    letters: rows.map(({ id, original, receipt_id: receiptId, fingerprint }) => ({
      id,
      original,
      conflicting: receiptId === null || fingerprint === null ? null : { receiptId, fingerprint },
    })),
    last: last === undefined ? null : { failedAt: last.failed_at, id: last.id },
  }
}
