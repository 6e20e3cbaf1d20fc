import type { Finding } from '@sluice/runtime/finding'
import { findMigrations, missingMigrations } from '@sluice/runtime/migrations'
import { closePool, openPool, type Pool } from '@sluice/runtime/postgres'
import { openSession } from './session.ts'
import { refuseTransactionPooler } from './session-mode.ts'

const ANSWER_LIMIT_MS = 3_000
const COMPONENT = 'event-log'

type Server = { version: string; fsync: string; read_only: boolean }

/** Looks at the database that keeps the log; changes nothing. */
export async function inspectPostgres(url: string): Promise<readonly Finding[]> {
  const quiet = { info: () => {}, warn: () => {} }
  const limits = { statementTimeoutMs: ANSWER_LIMIT_MS, lockTimeoutMs: ANSWER_LIMIT_MS }
  const pool = openPool({ url, max: 2, applicationName: 'sluice-doctor', ...limits, log: quiet })
  try {
    const { rows } = await pool.query<Server>(
      `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
              current_setting('transaction_read_only')::boolean AS read_only`,
    )
    const [server] = rows
    return [judgeServer(server as Server), await judgeMigrations(pool), await judgeSessions(url, pool)]
  } catch (error) {
    const remedy = 'look at DATABASE_URL; is the database running?'
    return [{ subject: 'PostgreSQL answers', state: 'fault', detail: messageOf(error), remedy }]
  } finally {
    await closePool(pool)
  }
}

function judgeServer({ version, fsync, read_only }: Server): Finding {
  const subject = 'PostgreSQL answers'
  if (read_only)
    return { subject, state: 'fault', detail: 'it takes no changes', remedy: 'give the address of the primary' }
  if (fsync === 'off')
    return { subject, state: 'warning', detail: 'fsync is off: a crash loses accepted events', remedy: 'set fsync=on' }
  return { subject, state: 'ok', detail: `PostgreSQL ${version} keeps the log`, remedy: null }
}

async function judgeMigrations(pool: Pool): Promise<Finding> {
  const subject = 'tables of the log'
  const missing = await missingMigrations(
    pool,
    findMigrations().filter(({ component }) => component === COMPONENT),
  )
  if (missing.length === 0) return { subject, state: 'ok', detail: 'all migrations are applied', remedy: null }
  const names = missing.map(({ number, name }) => `${number} ${name}`).join(', ')
  return { subject, state: 'fault', detail: `not applied: ${names}`, remedy: 'npx sluice migrate' }
}

/** Consumers need sessions that stay theirs. */
async function judgeSessions(url: string, pool: Pool): Promise<Finding> {
  const subject = 'sessions of the log'
  try {
    await using stack = new AsyncDisposableStack()
    const session = await openSession({
      url,
      applicationName: 'sluice-doctor',
      listenTo: [],
      answerLimitMs: ANSWER_LIMIT_MS,
      onNotification: () => {},
      onLost: () => {},
    })
    stack.defer(() => session.close())
    await refuseTransactionPooler(session.query, pool)
    return { subject, state: 'ok', detail: 'locks and notifications work', remedy: null }
  } catch (error) {
    return { subject, state: 'fault', detail: messageOf(error), remedy: 'reach PostgreSQL directly or in session mode' }
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
