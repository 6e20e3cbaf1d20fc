import type { Finding } from '@sluice/runtime/finding'
import { findMigrations, missingMigrations } from '@sluice/runtime/migrations'
import { closePool, openPool, type Pool } from '@sluice/runtime/postgres'
import { sqlStateOf } from '@sluice/runtime/sql-state'

/** Both have tables of what the processor settles. */
const COMPONENTS: readonly string[] = ['event-store', 'processor']
const OLDEST_VERSION = 15
const LIMIT_MS = 2_000

/**
 * Looks at the database that stores events: that it answers and lets us in, its version, its tables, and whether a COMMIT is
 * durable. Takes a few seconds at most, changes nothing, and does not throw: what is wrong is a finding.
 */
export async function inspectStore(url: string): Promise<readonly Finding[]> {
  const { hostname, port } = new URL(url)
  const where = `${hostname}:${port || 5_432}`
  const limits = { statementTimeoutMs: LIMIT_MS, lockTimeoutMs: LIMIT_MS, queryTimeoutMs: LIMIT_MS }
  const pool = openPool({ url, max: 1, applicationName: 'sluice-inspect', ...limits, log: { warn() {} } })
  try {
    const version = await inspectVersion(pool, where)
    return [version, await inspectTables(pool), await inspectDurability(pool)]
  } catch (error) {
    return [toFault(error, where)]
  } finally {
    await closePool(pool)
  }
}

async function inspectVersion(pool: Pool, where: string): Promise<Finding> {
  const { rows } = await pool.query<{ number: number; version: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version`,
  )
  const { number = 0, version = '' } = rows[0] ?? {}
  const found = { subject: 'the store answers', detail: `PostgreSQL ${version} at ${where}` }
  if (number >= OLDEST_VERSION * 10_000) return { ...found, state: 'ok', remedy: null }
  return { ...found, state: 'fault', remedy: `use PostgreSQL ${OLDEST_VERSION} or later` }
}

async function inspectTables(pool: Pool): Promise<Finding> {
  const subject = "the store's tables"
  const own = findMigrations().filter(({ component }) => COMPONENTS.includes(component))
  try {
    const missing = await missingMigrations(pool, own)
    const names = missing.map(({ component, number, name }) => `${component} ${number} ${name}`).join(', ')
    return missing.length === 0
      ? { subject, state: 'ok', detail: `all ${own.length} migrations are applied`, remedy: null }
      : { subject, state: 'fault', detail: `missing: ${names}`, remedy: 'npx sluice migrate' }
  } catch (error) {
    if (sqlStateOf(error) !== null) throw error
    const detail = error instanceof Error ? error.message : String(error)
    return { subject, state: 'fault', detail, remedy: 'run the version of Sluice that applied them, or a later one' }
  }
}

async function inspectDurability(pool: Pool): Promise<Finding> {
  const { rows } = await pool.query<{ off: string[] | null }>(
    `SELECT array_agg(name ORDER BY name) AS off FROM pg_settings
     WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'`,
  )
  const off = rows[0]?.off ?? []
  const subject = 'what is stored is durable'
  return off.length === 0
    ? { subject, state: 'ok', detail: 'fsync, full_page_writes and synchronous_commit are on', remedy: null }
    : {
        subject,
        state: 'warning',
        detail: `off: ${off.join(', ')}; a power cut may lose stored events`,
        remedy: 'ALTER SYSTEM SET each to on, then SELECT pg_reload_conf()',
      }
}

function toFault(error: unknown, where: string): Finding {
  const cause = error instanceof AggregateError ? error.errors[0] : error
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : 'no connection'
  const isRefused = /^(28|3D|42501)/.test(sqlStateOf(error) ?? '')
  return {
    subject: 'the store answers',
    state: 'fault',
    detail: `not at ${where}: ${reason}`,
    remedy: isRefused ? 'mend user, password or database in DATABASE_URL' : 'start PostgreSQL, or mend DATABASE_URL',
  }
}
