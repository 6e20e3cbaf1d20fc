import { ConfigError } from '@sluice/runtime/errors'
import { type Pool, withTransaction } from '@sluice/runtime/postgres'
import { LogUnavailableError } from '#src/event-log.ts'

export type AutocommitQuery = <Row extends Record<string, unknown>>(
  text: string,
  values?: readonly unknown[],
) => Promise<Row[]>

const REFUSAL =
  'DATABASE_URL leads through a connection pooler in transaction mode, where advisory locks and LISTEN do not work; ' +
  'give the address of PostgreSQL itself, or set the pooler to session mode'

/**
 * Refuses a pooler in transaction mode: there, two statements of one connection may run in two sessions. To bring that
 * out, another connection sits in a transaction while the statement is repeated: with a pooler it has taken the very
 * session that the first statement ran in.
 * @param autocommit runs statements on one connection of the kind that consumers open
 * @throws {ConfigError} it is such a pooler
 * @throws {LogUnavailableError} retryable
 */
export async function refuseTransactionPooler(autocommit: AutocommitQuery, pool: Pool): Promise<void> {
  const key = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER)
  const pidAndLock = `SELECT pg_backend_pid() AS pid, EXISTS (
      SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
         AND (classid::bigint << 32) | objid::bigint = $1::bigint AND objsubid = 1) AS held`
  try {
    const [first] = await autocommit<{ pid: number }>(
      'SELECT pg_backend_pid() AS pid FROM (SELECT pg_advisory_lock($1::bigint)) AS locked',
      [key],
    )
    for (let round = 0; round < 3; round += 1) {
      const isSame = await withTransaction(pool, async (client) => {
        const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
        if (rows[0]?.pid === first?.pid) return false
        const [again] = await autocommit<{ pid: number; held: boolean }>(pidAndLock, [key])
        return again?.pid === first?.pid && again?.held === true
      })
      if (!isSame) throw new ConfigError([REFUSAL])
    }
    await autocommit('SELECT pg_advisory_unlock($1::bigint)', [key])
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new LogUnavailableError('checking how the database is reached', { cause })
  }
}
