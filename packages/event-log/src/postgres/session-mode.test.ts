import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logDatabase } from '#src/testing/log-database.ts'
import { openSession } from './session.ts'
import { type AutocommitQuery, refuseTransactionPooler } from './session-mode.ts'

test('a direct connection passes', async (t) => {
  const { pool, url } = await logDatabase(t)
  const noop = () => {}
  const limits = { answerLimitMs: 60_000, onNotification: noop, onLost: noop }
  const session = await openSession({ url, applicationName: 'test', listenTo: [], ...limits })
  await refuseTransactionPooler(session.query, pool)
  await session.close()
})

test('a pooler in transaction mode is refused with a sentence', async (t) => {
  const { pool } = await logDatabase(t)
  // Exactly what such a pooler does: each autocommitted statement runs on whatever connection is free.
  const pooled: AutocommitQuery = async (text, values = []) => (await pool.query(text, [...values])).rows
  await assert.rejects(refuseTransactionPooler(pooled, pool), {
    name: 'ConfigError',
    message: /DATABASE_URL leads through a connection pooler in transaction mode/,
  })
})
