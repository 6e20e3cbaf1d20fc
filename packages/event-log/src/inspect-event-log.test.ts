import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspectEventLog } from './inspect-event-log.ts'
import { logDatabase } from './testing/log-database.ts'

const statesOf = (findings: Awaited<ReturnType<typeof inspectEventLog>>) =>
  findings.map(({ subject, state }) => [subject, state])

test('finds a database that keeps the log in order, or says what is odd about it', async (t) => {
  const { url } = await logDatabase(t)
  const findings = await inspectEventLog({ engine: 'postgres', url, connections: 1 })
  // The throw-away database of the tests does not sync, which must be told.
  assert.deepEqual(statesOf(findings), [
    ['PostgreSQL answers', 'warning'],
    ['tables of the log', 'ok'],
    ['sessions of the log', 'ok'],
  ])
})

test('names the migrations that a database lacks', async (t) => {
  const { url, sql } = await logDatabase(t)
  await sql("DELETE FROM schema_migrations WHERE component = 'event-log' AND number = 1")
  const [, tables] = await inspectEventLog({ engine: 'postgres', url, connections: 1 })
  assert.deepEqual([tables?.state, tables?.remedy], ['fault', 'npx sluice migrate'])
  assert.match(tables?.detail ?? '', /not applied: 1 log/)
})

test('an engine that is away is a finding', async () => {
  const url = 'postgres://nobody@127.0.0.1:1/nowhere'
  assert.deepEqual(statesOf(await inspectEventLog({ engine: 'postgres', url, connections: 1 })), [
    ['PostgreSQL answers', 'fault'],
  ])
  const connection = { brokers: ['127.0.0.1:1'], tls: null, sasl: null }
  const kafka = { engine: 'kafka', connection, createTopics: false, retentionMs: 60_000 } as const
  const [finding, ...others] = await inspectEventLog(kafka)
  assert.deepEqual([finding?.subject, finding?.state, others.length], ['Kafka answers', 'fault', 0])
  assert.match(finding?.detail ?? '', /127\.0\.0\.1:1: connect ECONNREFUSED/)
})
