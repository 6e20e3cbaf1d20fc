import type { Finding } from '@sluice/runtime/finding'
import { findMigrations, missingMigrations } from '@sluice/runtime/migrations'
import { closePool, openPool, type Pool } from '@sluice/runtime/postgres'
import type { PostgresGateConfig } from '../config.ts'
import { inspectRoundTrips } from '../round-trips.ts'

/** For each statement and lock, ms. */
const LIMIT_MS = 1_000
const silent = { warn: () => {} }

/** Looks at PostgreSQL: that it answers, and has the gate's tables. */
export async function inspectPostgresGate({ url }: PostgresGateConfig): Promise<readonly Finding[]> {
  const { hostname, port } = new URL(url)
  const where = `${hostname}:${port || 5_432}`
  const limits = { statementTimeoutMs: LIMIT_MS, lockTimeoutMs: LIMIT_MS, queryTimeoutMs: LIMIT_MS }
  const pool = openPool({ url, max: 1, applicationName: 'sluice-inspect', ...limits, log: silent })
  try {
    await pool.query('SELECT 1')
    const answers: Finding = { subject: 'the database answers', state: 'ok', detail: `at ${where}`, remedy: null }
    return [answers, await inspectTables(pool), await inspectRoundTrips('PostgreSQL', () => pool.query('SELECT 1'))]
  } catch (error) {
    const reason = error instanceof Error ? error.message || 'no connection' : String(error)
    const remedy = 'start PostgreSQL, or mend DATABASE_URL; until then limits hold per process and repeats pass'
    return [{ subject: 'the database answers', state: 'fault', detail: `not at ${where}: ${reason}`, remedy }]
  } finally {
    await closePool(pool)
  }
}

async function inspectTables(pool: Pool): Promise<Finding> {
  const subject = "the gate's tables"
  const own = findMigrations().filter(({ component }) => component === 'gate')
  const missing = await missingMigrations(pool, own)
  if (missing.length === 0)
    return { subject, state: 'ok', detail: `as of migration ${own.at(-1)?.number}`, remedy: null }
  const names = missing.map(({ number, name }) => `${number} ${name}`).join(', ')
  return { subject, state: 'fault', detail: `missing: migration ${names}`, remedy: 'npx sluice migrate' }
}
