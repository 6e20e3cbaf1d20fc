import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'
import { type Page, parseCursor, toPage } from './cursor.ts'
import {
  DEAD_LETTER_TABLES,
  type DeadLetter,
  type DeadLetterRow,
  type DeadLetterStep,
  deadLetterColumns,
  toDeadLetter,
} from './dead-letter.ts'
import { ANY_DEAD_LETTER, type DeadLetterFilter, deadLetterConditions, statesOf } from './dead-letter-filter.ts'
import { rfc3339Millis } from './sql-conditions.ts'

/**
 * Dead letters, newest first by their last failure.
 * @param page.cursor of the page before; null: the first page
 * @param page.limit 1 to 200
 * @throws {InvalidCursorError}
 * @throws {StoreUnavailableError} retryable
 */
export async function listDeadLetters(
  pool: Pool,
  filter: DeadLetterFilter,
  page: { cursor: string | null; limit: number; include: { original: boolean } },
): Promise<Page<DeadLetter>> {
  const where = deadLetterConditions(filter)
  where.after(parseCursor(page.cursor), 'n.failed_at', 'n.id')
  const states = where.value(statesOf(filter))
  const limit = where.value(page.limit + 1)
  // State by state, each along its index, and merged: one index serves a list of one state and of all.
  const { rows } = await asStoreErrors('listing dead letters', () =>
    pool.query<DeadLetterRow>(
      `SELECT ${deadLetterColumns(page.include)}
       FROM (
         SELECT newest.id, newest.failed_at
         FROM unnest(${states}::text[]) t (state)
         CROSS JOIN LATERAL (
           SELECT n.id, n.failed_at FROM dead_letters n
           WHERE n.state = t.state AND ${where.toSql()}
           ORDER BY n.failed_at DESC, n.id DESC LIMIT ${limit}
         ) newest
         ORDER BY newest.failed_at DESC, newest.id DESC LIMIT ${limit}
       ) page
       JOIN (${DEAD_LETTER_TABLES}) ON d.id = page.id
       ORDER BY page.failed_at DESC, page.id DESC`,
      where.values,
    ),
  )
  const { rows: shown, nextCursor } = toPage(rows, page.limit, ({ micros, id }) => ({ micros, id }))
  return { rows: shown.map(toDeadLetter), nextCursor }
}

/**
 * One dead letter with its original bytes and what happened to it since, oldest first; null when there is none.
 * @param tenantId null: whoever's it is
 * @throws {StoreUnavailableError} retryable
 */
export async function findDeadLetter(
  pool: Pool,
  id: string,
  tenantId: string | null,
): Promise<{ deadLetter: DeadLetter; history: DeadLetterStep[] } | null> {
  return asStoreErrors('reading a dead letter', async () => {
    const found = await pool.query<DeadLetterRow>(
      `SELECT ${deadLetterColumns({ original: true })} FROM ${DEAD_LETTER_TABLES}
       WHERE d.id = $1 AND ($2::text IS NULL OR d.tenant_id = $2)`,
      [id, tenantId],
    )
    const [row] = found.rows
    if (row === undefined) return null
    const history = await pool.query<DeadLetterStep>(
      `SELECT ${rfc3339Millis('at')} AS at, what, by, note, edited, job_id AS "jobId" FROM dead_letter_history WHERE dead_letter_id = $1 ORDER BY dead_letter_history.at`,
      [id],
    )
    return { deadLetter: toDeadLetter(row), history: history.rows }
  })
}

/**
 * What happened to each of these dead letters since it was opened, oldest first; those without a step are absent.
 * @param ids 0 to 200
 * @throws {StoreUnavailableError} retryable
 */
export async function readHistories(pool: Pool, ids: readonly string[]): Promise<Map<string, DeadLetterStep[]>> {
  const { rows } = await asStoreErrors('reading the history of dead letters', () =>
    pool.query<DeadLetterStep & { id: string }>(
      `SELECT dead_letter_id AS id, ${rfc3339Millis('at')} AS at, what, by, note, edited, job_id AS "jobId" FROM dead_letter_history
       WHERE dead_letter_id = ANY ($1) ORDER BY dead_letter_history.at`,
      [ids],
    ),
  )
  const steps = Map.groupBy(rows, ({ id }) => id)
  return new Map([...steps].map(([id, found]) => [id, found.map(({ id: _, ...step }) => step)]))
}

/** The number of dead letters; beyond `MAX_COUNTED` it is not counted on and `exact` is false. */
export type DeadLetterCount = { count: number; exact: boolean }

// About 15 ms along the index.
const MAX_COUNTED = 100_000

/**
 * How many dead letters match.
 * @throws {StoreUnavailableError} retryable
 */
export async function countDeadLetters(pool: Pool, filter: DeadLetterFilter): Promise<DeadLetterCount> {
  const where = deadLetterConditions(filter)
  const states = where.value(statesOf(filter))
  const { rows } = await asStoreErrors('counting dead letters', () =>
    pool.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM (
         SELECT FROM dead_letters n WHERE n.state = ANY (${states}) AND ${where.toSql()} LIMIT ${where.value(MAX_COUNTED + 1)}
       ) counted`,
      where.values,
    ),
  )
  const counted = rows[0]?.count ?? 0
  return { count: Math.min(counted, MAX_COUNTED), exact: counted <= MAX_COUNTED }
}

/**
 * How many dead letters are open now.
 * @param tenantId null: of all tenants
 * @throws {StoreUnavailableError} retryable
 */
export const countOpenDeadLetters = (pool: Pool, tenantId: string | null): Promise<DeadLetterCount> =>
  countDeadLetters(pool, { ...ANY_DEAD_LETTER, state: 'open', tenantId })
