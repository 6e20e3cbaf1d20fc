import type { EmbeddedPostgres } from '@sluice/runtime/embedded-postgres'
import { closePool, openPool } from '@sluice/runtime/postgres'
import type { LaunchedPart, PartDriver } from './part.ts'
import type { PartExit } from './part-state.ts'

/** Opens the embedded database; `port` is the one to come back on, null at the first start. */
export type OpenDatabase = (port: number | null) => Promise<EmbeddedPostgres>

export interface PostgresPart extends PartDriver {
  /** Where the database listens: known from its first start on, and the same after each restart. */
  readonly url: string | null
  /** Where its data really lies: elsewhere than asked for when PostgreSQL's user cannot reach that. */
  readonly dataDir: string | null
}

/** reliability.md 7: a probe has 1 s. */
const PROBE_LIMIT_MS = 1_000

/** The embedded database as a part of the stack. It comes back on the same port, because the other parts know its address. */
export function createPostgresPart(openDatabase: OpenDatabase): PostgresPart {
  let port: number | null = null
  let url: string | null = null
  let dataDir: string | null = null
  return {
    name: 'postgres',
    get port() {
      return port
    },
    get url() {
      return url
    },
    get dataDir() {
      return dataDir
    },
    async launch() {
      const database = await openDatabase(port)
      port = database.port
      url = database.url
      dataDir = database.dataDir
      return launchedPart(database)
    },
  }
}

function launchedPart(database: EmbeddedPostgres): LaunchedPart {
  const exited = Promise.withResolvers<PartExit>()
  database.onExit(({ reason }) => exited.resolve({ code: null, signal: null, error: reason }))
  return {
    pid: database.pid,
    exited: exited.promise,
    probe: () => answersQuery(database.url),
    terminate: () => void database.stop(),
    kill() {
      try {
        // Immediate shutdown: leaves at once and recovers at the next start; a SIGKILL would leave its backends behind.
        process.kill(database.pid, 'SIGQUIT')
      } catch {
        // ESRCH: gone already.
      }
    },
  }
}

/** Whether the database at `url` answers a query on a new connection, which is what its users will ask of it. */
async function answersQuery(url: string): Promise<boolean> {
  const pool = openPool({
    url,
    max: 1,
    applicationName: 'sluice-dev',
    statementTimeoutMs: PROBE_LIMIT_MS,
    lockTimeoutMs: PROBE_LIMIT_MS,
    queryTimeoutMs: PROBE_LIMIT_MS,
    log: { warn: () => {} },
  })
  try {
    await pool.query('SELECT 1')
    return true
  } catch {
    // Whatever the reason: it does not answer.
    return false
  } finally {
    await closePool(pool)
  }
}
