import { delay } from '@sluice/runtime/backoff'
import { applyMigrations, findMigrations, type Migration, MigrationError } from '@sluice/runtime/migrations'
import { closePool, openPool } from '@sluice/runtime/postgres'
import { sqlStateOf } from '@sluice/runtime/sql-state'
import { withoutPassword } from './dev/status.ts'
import { CommandError, EXIT_CODE } from './exit-code.ts'

export type MigrateOptions = {
  /** How long a database that does not answer is waited for; 0 tries once. */
  waitMs: number
  stopping?: AbortSignal
  say: (line: string) => void
}

/** Building an index on a large table takes its time; the migration itself has no limit, this one is for a dead link. */
const QUERY_LIMIT_MS = 3_600_000
const RETRY_MS = 250

/**
 * Applies the migrations of all packages that the database at `url` lacks.
 * @returns those applied now; empty when `stopping` aborted the wait
 * @throws {CommandError} when the database cannot be reached or refuses
 */
export async function migrateDatabase(url: string, options: MigrateOptions): Promise<readonly Migration[]> {
  const { waitMs, stopping, say } = options
  const deadline = performance.now() + waitMs
  for (let tries = 1; stopping?.aborted !== true; tries += 1) {
    try {
      return await migrateOnce(url, say)
    } catch (error) {
      if (!isAway(error) || performance.now() >= deadline) throw toCommandError(error, url)
      if (tries === 1) say(`waiting for the database at ${withoutPassword(url)} (${reasonOf(error)})`)
    }
    await delay(RETRY_MS, stopping)
  }
  return []
}

async function migrateOnce(url: string, say: (line: string) => void): Promise<readonly Migration[]> {
  const pool = openPool({
    url,
    max: 1,
    applicationName: 'sluice-migrate',
    statementTimeoutMs: 0,
    lockTimeoutMs: 0,
    queryTimeoutMs: QUERY_LIMIT_MS,
    log: { warn: () => {} },
  })
  try {
    return await applyMigrations(pool, findMigrations(), {
      log: {
        warn: (event) => say(event),
        info: (_event, fields) => say(`applied migration ${fields?.component} ${fields?.number} ${fields?.name}`),
      },
    })
  } finally {
    await closePool(pool)
  }
}

/** Nobody answers, or it is still starting (57P03). */
function isAway(error: unknown): boolean {
  if (error instanceof MigrationError) return false
  const state = sqlStateOf(error)
  return state === null || state === '57P03'
}

function toCommandError(error: unknown, url: string): Error {
  const where = withoutPassword(url)
  if (error instanceof MigrationError) {
    const cause = error.cause === undefined ? '' : `: ${reasonOf(error.cause)}`
    return new CommandError(`${error.message}${cause}`, EXIT_CODE.failed, { cause: error })
  }
  if (isAway(error))
    return new CommandError(
      `the database at ${where} does not answer (${reasonOf(error)}): start it, or mend DATABASE_URL`,
      EXIT_CODE.cannotConnect,
      { cause: error },
    )
  const isRefused = sqlStateOf(error)?.startsWith('28') === true || sqlStateOf(error) === '42501'
  return new CommandError(
    `the database at ${where} refuses: ${reasonOf(error)}: mend DATABASE_URL or the rights of its user`,
    isRefused ? EXIT_CODE.notAllowed : EXIT_CODE.failed,
    { cause: error },
  )
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
