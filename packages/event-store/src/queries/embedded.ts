import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'

/**
 * Whether the database is the one that the project brings along: its server has read the settings file that we write. Only
 * the owner of a server is shown where its settings come from, and of an embedded one we are the owner.
 * @throws {StoreUnavailableError} retryable
 */
export async function readIsEmbedded(pool: Pool): Promise<boolean> {
  const { rows } = await asStoreErrors('asking how the database runs', () =>
    pool.query<{ embedded: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_settings WHERE name = 'port' AND sourcefile LIKE '%/sluice.conf') AS embedded`,
    ),
  )
  return rows[0]?.embedded ?? false
}
