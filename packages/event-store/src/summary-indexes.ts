// The summary indexes (BRIN) by which the rows of a minute are found. Their entry for a range of pages is a placeholder while the range is
// summarised, and stays one when that was broken off: a worker that was cancelled, a server that was killed. From such a range on
// PostgreSQL (seen on 15 and 18) reads all of the table in every scan, and nothing of its own mends that: the range counts as summarised.
// Taking its summary away and making it anew does. Which range it is nobody is told, so all are made anew, a few at a time.
import { type Pool, withTransaction } from '@sluice/runtime/postgres'
import { asStoreErrors, StoreUnavailableError } from './store-errors.ts'

/** As migration 0015 has it. */
const PAGES_A_RANGE = 32
/** 8 MiB of table a statement: tens of milliseconds, in which autovacuum passes the table over. */
const RANGES_A_STEP = 32
/** Somebody else works on the table for longer than this, ms: less than the 1 s after which we would cancel an autovacuum worker. */
const LOCK_LIMIT = '100ms'
const LOCK_NOT_AVAILABLE = '55P03'

const INDEXES = [
  { index: 'events_received', table: 'events' },
  { index: 'dead_letters_received', table: 'dead_letters' },
] as const

/** Where mending goes on. */
export type MendPlace = { nth: number; page: number }

export const MEND_START: MendPlace = { nth: 0, page: 0 }

const STEP = `
  SELECT brin_desummarize_range($1::regclass, page), brin_summarize_range($1::regclass, page)
  FROM generate_series($3::bigint, least($4::bigint, pg_relation_size($2::regclass) / current_setting('block_size')::bigint) - 1, ${PAGES_A_RANGE}) page`

/**
 * Makes summaries anew for about `budgetMs`. While it works, comparisons are as slow as they were; nothing else waits for it.
 * @returns where to go on; null when all are new
 * @throws {StoreUnavailableError} retryable @throws {StoreSystemicError} the indexes belong to another role
 */
export async function mendSummaries(pool: Pool, from: MendPlace, budgetMs: number): Promise<MendPlace | null> {
  const deadline = performance.now() + budgetMs
  let place: MendPlace | null = from
  try {
    while (place !== null && performance.now() < deadline) place = await mendSome(pool, place)
  } catch (error) {
    // Somebody else works on the table: later from here.
    if (!(error instanceof StoreUnavailableError) || error.sqlState !== LOCK_NOT_AVAILABLE) throw error
  }
  return place
}

async function mendSome(pool: Pool, { nth, page }: MendPlace): Promise<MendPlace | null> {
  const one = INDEXES[nth]
  if (one === undefined) return null
  const end = page + RANGES_A_STEP * PAGES_A_RANGE
  const mended = await asStoreErrors(`making summaries of ${one.table} anew`, () =>
    withTransaction(pool, async (client) => {
      await client.query(`SET LOCAL lock_timeout = '${LOCK_LIMIT}'`)
      return (await client.query(STEP, [one.index, one.table, page, end])).rowCount ?? 0
    }),
  )
  return mended < RANGES_A_STEP ? { nth: nth + 1, page: 0 } : { nth, page: end }
}
