import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from './store-errors.ts'

// In small steps: a delete never holds what a settle waits for.
const STEP_ROWS = 5_000

/**
 * Deletes what is older than 70 min from the rollup of 10 s, which serves the last hour. Call it about once a minute from
 * any process; several may do so at once.
 * @returns the number of rows deleted
 * @throws {StoreUnavailableError} retryable
 */
export async function forgetOldRollups(pool: Pool): Promise<number> {
  const result = await asStoreErrors('forgetting old rollups', () =>
    pool.query(
      `DELETE FROM rollup_10s WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM rollup_10s WHERE bucket < now() - interval '70 minutes' LIMIT $1 FOR UPDATE SKIP LOCKED))`,
      [STEP_ROWS],
    ),
  )
  return result.rowCount ?? 0
}
