import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from './test-database.ts'

test('gives each test a migrated database of its own', async (t) => {
  const [one, other] = [await testDatabase(t), await testDatabase(t)]
  await one.sql('CREATE TABLE only_here (id int)')
  assert.deepEqual(await other.sql("SELECT to_regclass('only_here') AS found"), [{ found: null }])
  const [history] = await one.sql<{ applied: string }>('SELECT count(*) AS applied FROM schema_migrations')
  assert.ok(Number(history?.applied) > 0)
})

test('hands JSON over as text, so that no number changes', async (t) => {
  const { sql } = await testDatabase(t)
  const [row] = await sql(`SELECT '{"a": 12345678901234567890.10}'::jsonb AS value`)
  assert.deepEqual(row, { value: '{"a": 12345678901234567890.10}' })
})
