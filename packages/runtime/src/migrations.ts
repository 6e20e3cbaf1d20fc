import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SluiceError } from './errors.ts'
import type { Logger } from './logger.ts'
import { closePool, openPool, type Pool, type PoolClient } from './postgres.ts'
import { classifySqlError } from './sql-state.ts'

/** One numbered SQL file of one package. */
export type Migration = { component: string; number: number; name: string; checksum: string; sql: string }

/** A migration's file is wrong, has changed since it was applied, or failed (then the database stands before it, and `cause` says why). */
export class MigrationError extends SluiceError {
  override readonly name = 'MigrationError'
  readonly code = 'MIGRATION_REFUSED'
  readonly retryable: boolean

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.retryable = options?.cause !== undefined && classifySqlError(options.cause) === 'transient'
  }
}

const PACKAGES_DIR = fileURLToPath(new URL('../../', import.meta.url))
const FILE_NAME = /^(\d{4})-([a-z0-9-]+)\.sql$/

/** Every `<package>/migrations/NNNN-name.sql`, by package, then number. The component is the package's name. */
export function findMigrations(packagesDir = PACKAGES_DIR): Migration[] {
  const migrations = globSync('*/migrations/*.sql', { cwd: packagesDir }).map((file) => {
    const [component = ''] = file.split(sep)
    const match = FILE_NAME.exec(basename(file))
    if (match === null) throw new MigrationError(`${file} must be named like 0001-what-it-adds.sql`)
    const sql = readFileSync(join(packagesDir, file), 'utf8')
    const checksum = createHash('sha256').update(sql).digest('hex')
    return { component, number: Number(match[1]), name: match[2] ?? '', checksum, sql }
  })
  const twins = Object.values(Object.groupBy(migrations, (one) => idOf(one))).find((same = []) => same.length > 1)
  if (twins !== undefined)
    throw new MigrationError(`two migrations are ${twins.map(idOf)[0]}: give one the next number`)
  return migrations.sort((a, b) =>
    a.component === b.component ? a.number - b.number : a.component < b.component ? -1 : 1,
  )
}

const idOf = ({ component, number }: { component: string; number: number }) => `${component} ${number}`

/** Any number: only its equality in all processes counts. */
const LOCK_KEY = 7_583_218_614

/** A migration may rewrite a large table, and another process may be at it: the limits of daily work are not for it. */
const MIGRATION_LIMIT_MS = 3_600_000

const HISTORY = `CREATE TABLE IF NOT EXISTS schema_migrations (
  component text NOT NULL, number int NOT NULL, name text NOT NULL, checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (component, number))`

type Applied = { component: string; number: number; checksum: string }

/**
 * Applies what is missing, one transaction each, under one lock, so that processes that start together do not race. Over a
 * connection of its own, closed afterwards. May be called again; what was applied before a failure stays.
 * @param target where: a URL, or a pool of which one connection is used up
 * @returns the migrations applied now
 * @throws {MigrationError} when a file that was applied has changed, or one fails
 */
export async function applyMigrations(
  target: Pool | string,
  migrations: readonly Migration[],
  { log }: { log: Pick<Logger, 'info' | 'warn'> },
): Promise<Migration[]> {
  if (typeof target !== 'string') return applyOver(target, migrations, log)
  const limits = { statementTimeoutMs: 0, lockTimeoutMs: 0 }
  const pool = openPool({ url: target, max: 1, applicationName: 'sluice-migrate', ...limits, log })
  try {
    return await applyOver(pool, migrations, log)
  } finally {
    await closePool(pool)
  }
}

async function applyOver(
  pool: Pool,
  migrations: readonly Migration[],
  log: Pick<Logger, 'info'>,
): Promise<Migration[]> {
  const client = await pool.connect()
  try {
    await run(client, 'SET lock_timeout = 0; SET statement_timeout = 0')
    await run(client, `SELECT pg_advisory_lock(${LOCK_KEY})`)
    await run(client, HISTORY)
    const missing = missingOf(migrations, await readHistory(client))
    for (const migration of missing) {
      await applyOne(client, migration)
      const { component, number, name } = migration
      log.info('migration.applied', { component, number, name })
    }
    await run(client, `SELECT pg_advisory_unlock(${LOCK_KEY})`)
    return missing
  } finally {
    client.release(true) // a migration may have changed settings of its session
  }
}

async function applyOne(client: PoolClient, { component, number, name, checksum, sql }: Migration): Promise<void> {
  try {
    await run(client, 'BEGIN')
    await run(client, sql)
    await run(
      client,
      'INSERT INTO public.schema_migrations (component, number, name, checksum) VALUES ($1, $2, $3, $4)',
      [component, number, name, checksum],
    )
    await run(client, 'COMMIT')
  } catch (error) {
    // The connection is closed next, which rolls back.
    throw new MigrationError(`applying migration ${component} ${number} ${name}`, { cause: error })
  }
}

function run(client: PoolClient, text: string, values?: readonly unknown[]): Promise<unknown> {
  const limited = { text, query_timeout: MIGRATION_LIMIT_MS }
  return client.query(values === undefined ? limited : { ...limited, values: [...values] })
}

async function readHistory(client: Pool | PoolClient): Promise<Applied[]> {
  const { rows } = await client.query<Applied>('SELECT component, number, checksum FROM schema_migrations')
  return rows
}

function missingOf(migrations: readonly Migration[], history: readonly Applied[]): Migration[] {
  return migrations.filter((migration) => {
    const applied = history.find(
      ({ component, number }) => component === migration.component && number === migration.number,
    )
    if (applied !== undefined && applied.checksum !== migration.checksum) {
      throw new MigrationError(
        `migration ${migration.component} ${migration.number} was changed after it was applied: put the file back and write a new one`,
      )
    }
    return applied === undefined
  })
}

/** What this program needs and the database has not got; all of it when nothing was ever applied. */
export async function missingMigrations(pool: Pool, migrations: readonly Migration[]): Promise<Migration[]> {
  const { rows } = await pool.query<{ present: boolean }>(
    "SELECT to_regclass('schema_migrations') IS NOT NULL AS present",
  )
  return rows[0]?.present === true ? missingOf(migrations, await readHistory(pool)) : [...migrations]
}
