import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from './store-errors.ts'

/**
 * Sums the minutes that are over into the rollups that long looks are answered from. Call it a few times a minute from any
 * process, and again at once as long as it answers more than 0 (an hour at most is summed at a time); several may do so at once. What is not folded yet is read
 * minute by minute: nothing is missing without it, only slower.
 * @returns the number of rows that were summed
 * @throws {StoreUnavailableError} retryable
 */
export async function foldRollups(pool: Pool): Promise<number> {
  const { rows } = await asStoreErrors('folding rollups', () =>
    pool.query<{ rows: number }>('SELECT fold_rollups()::float8 AS rows'),
  )
  return rows[0]?.rows ?? 0
}

/** Until when the minutes of `rollup_minute` are summed; minus infinity before anything is. */
export async function readFoldedUntil(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ until: string }>('SELECT folded_until::text AS until FROM rollup_folded')
  return rows[0]?.until ?? '-infinity'
}
