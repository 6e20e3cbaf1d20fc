import { closePool, openPool } from '@sluice/runtime/postgres'
import { openTcpLink } from '@sluice/runtime/testing/tcp-link'
import { describeEventLog, describeRemoteEventLog } from './event-log.contract.ts'
import { APPEND_BUDGET_MS } from './postgres/append.ts'
import { logDatabase, silent } from './testing/log-database.ts'

describeEventLog('postgres', async (t) => {
  const database = await logDatabase(t)
  return { open: async () => database.open(), testTopic: database.testTopic }
})

describeRemoteEventLog('postgres', async (t) => {
  const database = await logDatabase(t)
  return {
    open: async () => database.open(),
    testTopic: database.testTopic,
    async openBehindLink() {
      const link = await openTcpLink(Number(new URL(database.url).port))
      database.defer(async () => link[Symbol.asyncDispose]())
      const url = Object.assign(new URL(database.url), { hostname: '127.0.0.1', port: String(link.port) }).href
      const limits = { statementTimeoutMs: 3_000, lockTimeoutMs: 3_000 }
      const pool = openPool({ url, max: 4, applicationName: 'behind-link', ...limits, log: silent })
      database.defer(() => closePool(pool))
      return { log: database.open({ pool, url, appendBudgetMs: APPEND_BUDGET_MS }), link }
    },
  }
})
