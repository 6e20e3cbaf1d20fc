import assert from 'node:assert/strict'
import { it } from 'node:test'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { anApiKeyToAdd, describeApiKeyStore } from './api-key-store.contract.ts'
import { createPostgresApiKeyStore } from './postgres-api-key-store.ts'

describeApiKeyStore('postgres', async (t) => createPostgresApiKeyStore((await testDatabase(t)).pool))

it('keeps 32 bytes of SHA-256 and no key, and refuses anything else', async (t) => {
  const { pool, sql } = await testDatabase(t)
  const store = createPostgresApiKeyStore(pool)
  const key = anApiKeyToAdd()
  await store.add(key)
  const rows = await sql<{ digest: Buffer }>('SELECT digest FROM api_keys')
  assert.deepEqual(
    rows.map(({ digest }) => digest.toString('hex')),
    [key.digest],
  )
  await assert.rejects(store.add(anApiKeyToAdd({ digest: 'ff' })), { code: '23514' })
})
