import { DEAD_LETTER_STATES, type DeadLetterReason, type DeadLetterState } from '@sluice/contract/dead-letter'
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
import { rfc3339Millis, SqlConditions } from './sql-conditions.ts'

/** Which dead letters; null: any. */
export type DeadLetterFilter = {
  state: DeadLetterState | null
  reason: DeadLetterReason | null
  pointer: string | null
  tenantId: string | null
  eventId: string | null
  eventType: string | null
  /** By the last failure: from `since` on, before `until`. */
  since: Date | null
  until: Date | null
  /** Part of the event id, event type, idempotency key, pointer or detail; upper and lower case are the same. */
  text: string | null
}

/** LIKE's own characters stand for themselves. */
const likePattern = (text: string) => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`

const SEARCHED = ['event_id', 'event_type', 'idempotency_key', 'pointer', 'detail']

/** The filter as conditions on `dead_letters n`; the state is left to the caller. */
function conditionsOf(filter: DeadLetterFilter): SqlConditions {
  const where = new SqlConditions()
  where.whenGiven(filter.tenantId, (tenant) => `n.tenant_id = ${tenant}`)
  where.whenGiven(filter.reason, (reason) => `n.reason = ${reason}`)
  where.whenGiven(filter.pointer, (pointer) => `n.pointer = ${pointer}`)
  where.whenGiven(filter.eventId, (eventId) => `n.event_id = ${eventId}`)
  where.whenGiven(filter.eventType, (eventType) => `n.event_type = ${eventType}`)
  where.whenGiven(filter.since, (since) => `n.failed_at >= ${since}`)
  where.whenGiven(filter.until, (until) => `n.failed_at < ${until}`)
  where.whenGiven(filter.text === null ? null : likePattern(filter.text), (pattern) => {
    return `(${SEARCHED.map((column) => `n.${column} ILIKE ${pattern}`).join(' OR ')})`
  })
  return where
}

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
  const where = conditionsOf(filter)
  where.after(parseCursor(page.cursor), 'n.failed_at', 'n.id')
  const states = where.value(filter.state === null ? DEAD_LETTER_STATES : [filter.state])
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
      `SELECT ${rfc3339Millis('at')} AS at, what, by, note FROM dead_letter_history WHERE dead_letter_id = $1 ORDER BY dead_letter_history.at`,
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
      `SELECT dead_letter_id AS id, ${rfc3339Millis('at')} AS at, what, by, note FROM dead_letter_history
       WHERE dead_letter_id = ANY ($1) ORDER BY dead_letter_history.at`,
      [ids],
    ),
  )
  const steps = Map.groupBy(rows, ({ id }) => id)
  return new Map([...steps].map(([id, found]) => [id, found.map(({ id: _, ...step }) => step)]))
}

/** The number of open dead letters; beyond `MAX_COUNTED` it is not counted on and `exact` is false. */
export type OpenCount = { count: number; exact: boolean }

// About 15 ms along the index.
const MAX_COUNTED = 100_000

/**
 * How many dead letters are open now.
 * @param tenantId null: of all tenants
 * @throws {StoreUnavailableError} retryable
 */
export async function countOpenDeadLetters(pool: Pool, tenantId: string | null): Promise<OpenCount> {
  const where = new SqlConditions()
  where.whenGiven(tenantId, (tenant) => `tenant_id = ${tenant}`)
  const { rows } = await asStoreErrors('counting open dead letters', () =>
    pool.query<{ count: number }>(
      `SELECT count(*)::int AS count
       FROM (SELECT FROM dead_letters WHERE state = 'open' AND ${where.toSql()} LIMIT ${where.value(MAX_COUNTED + 1)}) counted`,
      where.values,
    ),
  )
  const counted = rows[0]?.count ?? 0
  return { count: Math.min(counted, MAX_COUNTED), exact: counted <= MAX_COUNTED }
}
