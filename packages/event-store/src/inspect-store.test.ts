import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { inspectStore } from './inspect-store.ts'

const brief = (findings: Awaited<ReturnType<typeof inspectStore>>) =>
  findings.map(({ subject, state, remedy }) => [subject, state, remedy])

test('a whole database is in order, but for durability, which a test server leaves out', async (t) => {
  const { url } = await testDatabase(t)
  const findings = await inspectStore(url)
  assert.deepEqual(brief(findings), [
    ['the store answers', 'ok', null],
    ["the store's tables", 'ok', null],
    ['what is stored is durable', 'warning', 'ALTER SYSTEM SET each to on, then SELECT pg_reload_conf()'],
  ])
  assert.match(findings[0]?.detail ?? '', /^PostgreSQL \d+/)
  assert.match(findings[2]?.detail ?? '', /fsync/)
})

test('missing and changed migrations are told, with the command', async (t) => {
  const { url, sql } = await testDatabase(t)
  await sql(`DELETE FROM schema_migrations WHERE component = 'event-store' AND number = 4`)
  const [, missing] = await inspectStore(url)
  assert.deepEqual([missing?.state, missing?.remedy], ['fault', 'npx sluice migrate'])
  assert.match(missing?.detail ?? '', /event-store 4 settle/)
  await sql(`UPDATE schema_migrations SET checksum = 'other' WHERE component = 'processor'`)
  const [, changed] = await inspectStore(url)
  assert.match(`${changed?.state} ${changed?.detail}`, /fault migration processor 1 was changed/)
})

test('a database that is away, and one that does not let us in, are findings without the password', async (t) => {
  const [away] = await inspectStore('postgres://me:secret@127.0.0.1:1/none')
  assert.deepEqual([away?.state, away?.remedy], ['fault', 'start PostgreSQL, or mend DATABASE_URL'])
  const { url } = await testDatabase(t)
  const wrong = new URL(url)
  wrong.pathname = '/no_such_database'
  const [refused] = await inspectStore(wrong.href)
  assert.deepEqual([refused?.state, refused?.remedy], ['fault', 'mend user, password or database in DATABASE_URL'])
  assert.doesNotMatch(JSON.stringify([away, refused]), /secret/)
})
