import type { Finding } from '@sluice/runtime/finding'
import { closePool, openPool } from '@sluice/runtime/postgres'
import { sqlStateOf } from '@sluice/runtime/sql-state'
import { createPostgresApiKeyStore } from './postgres-api-key-store.ts'

/** For each statement and lock, ms. */
const LIMIT_MS = 1_000
const UNDEFINED_TABLE = '42P01'
const silent = { warn: () => {} }

/**
 * Looks whether anybody may send: at the keys of the settings, and at those that were made. Takes at most 5 s, changes nothing, and
 * does not throw.
 * @param configured how many keys API_KEYS has
 * @param databaseUrl null: no others can be made
 */
export async function inspectApiKeys(configured: number, databaseUrl: string | null): Promise<readonly Finding[]> {
  const subject = 'API keys'
  if (databaseUrl === null) return [{ subject, state: 'ok', detail: `${configured} in API_KEYS`, remedy: null }]
  const limits = { statementTimeoutMs: LIMIT_MS, lockTimeoutMs: LIMIT_MS, queryTimeoutMs: LIMIT_MS }
  const pool = openPool({ url: databaseUrl, max: 1, applicationName: 'sluice-inspect', ...limits, log: silent })
  try {
    const made = (await createPostgresApiKeyStore(pool).inForce()).length
    const detail = `${configured} in API_KEYS, ${made} in the database`
    return configured + made > 0
      ? [{ subject, state: 'ok', detail, remedy: null }]
      : [{ subject, state: 'warning', detail: `${detail}: nobody may send`, remedy: 'npx sluice keys create <tenant>' }]
  } catch (error) {
    const isMissing = sqlStateOf(error) === UNDEFINED_TABLE
    return [
      {
        subject,
        state: 'fault',
        detail: `${configured} in API_KEYS; those of the database cannot be read${isMissing ? ': their table is missing' : ''}`,
        remedy: isMissing ? 'npx sluice migrate' : 'start PostgreSQL, or mend DATABASE_URL',
      },
    ]
  } finally {
    await closePool(pool)
  }
}
