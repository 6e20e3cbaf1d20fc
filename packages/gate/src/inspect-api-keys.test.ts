import assert from 'node:assert/strict'
import { it } from 'node:test'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { anApiKeyToAdd } from './api-key-store.contract.ts'
import { inspectApiKeys } from './inspect-api-keys.ts'
import { createPostgresApiKeyStore } from './postgres-api-key-store.ts'

const look = async (configured: number, url: string | null) => {
  const [finding, ...others] = await inspectApiKeys(configured, url)
  assert.deepEqual([finding?.subject, others], ['API keys', []])
  return [finding?.state, finding?.detail, finding?.remedy]
}

it('counts the keys that are in force, and warns when nobody has one', async (t) => {
  const { pool, url, sql } = await testDatabase(t)
  const nobody = '0 in API_KEYS, 0 in the database: nobody may send'
  assert.deepEqual(await look(0, url), ['warning', nobody, 'npx sluice keys create <tenant>'])
  await createPostgresApiKeyStore(pool).add(anApiKeyToAdd())
  assert.deepEqual(await look(2, url), ['ok', '2 in API_KEYS, 1 in the database', null])
  assert.deepEqual(await look(2, null), ['ok', '2 in API_KEYS', null])
  await sql('DROP TABLE api_keys')
  const missing = '0 in API_KEYS; those of the database cannot be read: their table is missing'
  assert.deepEqual(await look(0, url), ['fault', missing, 'npx sluice migrate'])
})

it('says what to do when nobody serves the database, and no password', async () => {
  const found = await look(1, 'postgres://ann:hunter2@127.0.0.1:1/sluice')
  assert.deepEqual([found[0], found[2]], ['fault', 'start PostgreSQL, or mend DATABASE_URL'])
  assert.doesNotMatch(JSON.stringify(found), /hunter2/)
})
