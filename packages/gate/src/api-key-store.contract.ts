import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { newApiKey } from '@sluice/contract/api-keys'
import type { ApiKeyStore, ApiKeyToAdd } from './api-key-store.ts'

export const anApiKeyToAdd = (facts: Partial<ApiKeyToAdd> = {}): ApiKeyToAdd => {
  const { id, key } = newApiKey()
  const digest = createHash('sha256').update(key).digest('hex')
  return { id, tenantId: 'acme', digest, label: null, createdBy: 'ada', ...facts }
}

/** What every store of API keys must do. `create` gives an empty one. */
export function describeApiKeyStore(adapter: string, create: (t: TestContext) => Promise<ApiKeyStore>): void {
  describe(`ApiKeyStore contract: ${adapter}`, () => {
    it('gives back a key as it was added, without its digest', async (t) => {
      const store = await create(t)
      const asked = anApiKeyToAdd({ label: 'billing 💶' })
      const added = await store.add(asked)
      const { digest: _, ...expected } = asked
      assert.ok(Math.abs(added.createdAt.getTime() - Date.now()) < 60_000)
      assert.deepEqual(added, { ...expected, createdAt: added.createdAt, revokedAt: null, revokedBy: null })
      assert.deepEqual(await store.find(asked.id), added)
      assert.equal(await store.find('0'.repeat(12)), null)
    })

    it('has all keys in force, several of one tenant, until each is revoked', async (t) => {
      const store = await create(t)
      const asked = [anApiKeyToAdd(), anApiKeyToAdd(), anApiKeyToAdd({ tenantId: 'umbrella' })] as const
      for (const key of asked) await store.add(key)
      const digests = asked.map(({ id, tenantId, digest }) => ({ id, tenantId, digest }))
      assert.deepEqual(await store.inForce(), digests)
      await store.revoke(asked[0].id, 'bob')
      assert.deepEqual(await store.inForce(), digests.slice(1))
    })

    it('revokes once: who does it again, also at the same time, changes nothing', async (t) => {
      const store = await create(t)
      const { id } = await store.add(anApiKeyToAdd())
      const ends = await Promise.all(['bob', 'eve'].map((by) => store.revoke(id, by)))
      assert.deepEqual(ends[0], ends[1])
      assert.notEqual(ends[0]?.revokedAt, null)
      assert.deepEqual(await store.revoke(id, 'mallory'), ends[0])
      assert.deepEqual(await store.find(id), ends[0])
    })

    it('knows no key of an id that was never made', async (t) => {
      assert.equal(await (await create(t)).revoke('0'.repeat(12), 'bob'), null)
    })

    it('refuses an id that is taken', async (t) => {
      const store = await create(t)
      const key = anApiKeyToAdd()
      await store.add(key)
      await assert.rejects(store.add(anApiKeyToAdd({ id: key.id, tenantId: 'umbrella' })))
      assert.equal((await store.find(key.id))?.tenantId, 'acme')
    })

    it('lists newest first, page by page, each key once while new ones come, and tenants apart', async (t) => {
      const store = await create(t)
      const ids: string[] = []
      for (const tenantId of ['acme', 'umbrella', 'acme', 'acme'])
        ids.unshift((await store.add(anApiKeyToAdd({ tenantId }))).id)
      await store.revoke(ids[0] ?? '', 'bob')
      const first = await store.list(null, { cursor: null, limit: 2 })
      await store.add(anApiKeyToAdd())
      const second = await store.list(null, { cursor: first.nextCursor, limit: 2 })
      assert.deepEqual(
        [...first.keys, ...second.keys].map(({ id }) => id),
        ids,
      )
      assert.equal(second.nextCursor, null)
      const own = await store.list('umbrella', { cursor: null, limit: 2 })
      assert.deepEqual(
        own.keys.map(({ id }) => id),
        [ids[2]],
      )
    })
  })
}
