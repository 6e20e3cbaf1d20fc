import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RAW_TOPIC } from '@sluice/contract/topics'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openEventLog } from './open-event-log.ts'
import { aRecord, placesOf } from './testing/harness.ts'
import { logDatabase, silent } from './testing/log-database.ts'

test('opens the log that the settings name, and closes its connections with it', async (t) => {
  const { url, sql } = await logDatabase(t)
  {
    await using log = await openEventLog({ engine: 'postgres', url, connections: 2 }, { log: silent })
    await eventually(() => log.ready().then(() => true))
    placesOf(await log.append(RAW_TOPIC, [aRecord('x')]))
    await log.consume({ topic: RAW_TOPIC, group: 'g', maxRecords: 1, maxBytes: 1, maxWaitMs: 0 })
  }
  const left = `SELECT pid FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name LIKE 'sluice-log%'`
  await eventually(async () => (await sql(left)).length === 0)
})

test('opens though the database is away, and is not ready', async () => {
  const url = 'postgres://nobody@127.0.0.1:1/nowhere'
  await using log = await openEventLog({ engine: 'postgres', url, connections: 1 }, { log: silent })
  await assert.rejects(log.ready(), { code: 'LOG_UNAVAILABLE' })
})

test('opens though the brokers are away, is not ready, and closes in time', async () => {
  const connection = { brokers: ['127.0.0.1:1'], tls: null, sasl: null }
  const config = { engine: 'kafka', connection, createTopics: true, retentionMs: 60_000 } as const
  await using log = await openEventLog(config, { log: silent })
  await assert.rejects(log.ready(), { code: 'LOG_UNAVAILABLE' })
  const [outcome] = await log.append(RAW_TOPIC, [aRecord('x')])
  assert.ok(outcome?.type === 'refused' && outcome.error.code === 'LOG_UNAVAILABLE')
})
