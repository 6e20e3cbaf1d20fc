import type { Logger } from '@sluice/runtime/logger'
import { closePool, openPool } from '@sluice/runtime/postgres'
import type { EventLogConfig } from '#src/config.ts'
import { type EventLog, LogUnavailableError } from '#src/event-log.ts'
import { createPostgresEventLog } from '#src/postgres-event-log.ts'
import { openSession } from './session.ts'
import { refuseTransactionPooler } from './session-mode.ts'

type PostgresConfig = Extract<EventLogConfig, { engine: 'postgres' }>

/** The log with a pool of its own. A database that is away is waited for by `ready`, so it is no error here. */
export async function openPostgresEventLog({ url, connections }: PostgresConfig, log: Logger): Promise<EventLog> {
  const pool = openPool({
    url,
    max: connections,
    applicationName: 'sluice-log',
    statementTimeoutMs: 3_000,
    lockTimeoutMs: 3_000,
    settings: { jit: 'off' }, // compiling a plan costs a hundred times what a read does
    synchronousCommit: 'on', // `done` means durable, whatever the database's own default is
    log,
  })
  try {
    await using stack = new AsyncDisposableStack()
    const session = await openSession({
      url,
      applicationName: 'sluice-log-check',
      listenTo: [],
      answerLimitMs: 2_000,
      onNotification: () => {},
      onLost: () => {},
    })
    stack.defer(() => session.close())
    await refuseTransactionPooler(session.query, pool)
  } catch (error) {
    if (!(error instanceof LogUnavailableError)) {
      await closePool(pool)
      throw error
    }
    log.warn('log.unchecked', { error: error.message })
  }
  const eventLog = createPostgresEventLog({ pool, url, log })
  return {
    ...eventLog,
    async [Symbol.asyncDispose]() {
      await eventLog[Symbol.asyncDispose]()
      await closePool(pool)
    },
  }
}
