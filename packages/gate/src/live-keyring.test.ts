import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newApiKey } from '@sluice/contract/api-keys'
import { systemClock } from '@sluice/runtime/clock'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import type { ApiKeyStore } from './api-key-store.ts'
import { digestOf } from './keyring.ts'
import { createLiveKeyring } from './live-keyring.ts'
import { createMemoryApiKeyStore } from './memory-api-key-store.ts'
import { openKeyring } from './open-keyring.ts'

const ENTRIES = [{ tenantId: 'configured', key: 'key_c' }]

function openTestKeyring() {
  const store = createMemoryApiKeyStore({ clock: systemClock })
  const { log, events } = createMemoryLog()
  let [isAway, reads] = [false, 0]
  const seen: Pick<ApiKeyStore, 'inForce'> = {
    async inForce() {
      reads += 1
      if (isAway) throw new Error('away')
      return store.inForce()
    },
  }
  const keyring = createLiveKeyring({ entries: ENTRIES, store: seen, log })
  return {
    keyring,
    store,
    events,
    reads: () => reads,
    setAway: (away: boolean) => {
      isAway = away
    },
    async make(tenantId: string) {
      const { id, key } = newApiKey()
      await store.add({ id, tenantId, digest: digestOf(key), label: null, createdBy: 'ada' })
      return { id, key }
    },
  }
}

/** Lets what was started by a timer come to its end. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('live keyring', () => {
  it('S1: lets a key in within 10 s of its making, and not 10 s after it was revoked', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const { keyring, store, make } = openTestKeyring()
    await keyring.start()
    const [one, other] = [await make('acme'), await make('acme')]
    assert.equal(keyring.tenantOf(one.key), null)
    t.mock.timers.tick(10_000)
    await turn()
    assert.deepEqual([one.key, other.key, 'key_c'].map(keyring.tenantOf), ['acme', 'acme', 'configured'])
    await store.revoke(one.id, 'bob')
    assert.equal(keyring.tenantOf(one.key), 'acme')
    t.mock.timers.tick(10_000)
    await turn()
    assert.deepEqual([one.key, other.key, 'key_c'].map(keyring.tenantOf), [null, 'acme', 'configured'])
    await keyring[Symbol.asyncDispose]()
  })

  it('never reads because a key is shown', async () => {
    const { keyring, reads } = openTestKeyring()
    await keyring.start()
    for (let asked = 0; asked < 100; asked += 1) keyring.tenantOf(`sk_${asked}`)
    await turn()
    assert.equal(reads(), 1)
    await keyring[Symbol.asyncDispose]()
  })

  it('keeps the keys known last while the store is away, says so once, and follows again when it is back', async () => {
    const { keyring, store, make, setAway, events } = openTestKeyring()
    const key = await make('acme')
    await keyring.refresh()
    setAway(true)
    await store.revoke(key.id, 'bob')
    for (let read = 0; read < 3; read += 1) await keyring.refresh()
    assert.deepEqual([keyring.tenantOf(key.key), keyring.isFresh(), keyring.isComplete()], ['acme', false, true])
    setAway(false)
    await keyring.refresh()
    assert.deepEqual([keyring.tenantOf(key.key), keyring.isFresh()], [null, true])
    await keyring.refresh()
    assert.deepEqual(events(), ['api_keys.changed', 'api_keys.not_read', 'api_keys.read_again', 'api_keys.changed'])
  })

  it('is not complete before the first read, but lets in the keys of the settings', async () => {
    const { keyring, setAway } = openTestKeyring()
    setAway(true)
    await keyring.refresh()
    assert.deepEqual([keyring.tenantOf('key_c'), keyring.isComplete()], ['configured', false])
    setAway(false)
    await keyring.refresh()
    assert.equal(keyring.isComplete(), true)
  })

  it('sees what was there when it was asked, also while a read is under way', async () => {
    const { keyring, make } = openTestKeyring()
    const first = keyring.refresh()
    const key = await make('acme')
    await Promise.all([first, keyring.refresh()])
    assert.equal(keyring.tenantOf(key.key), 'acme')
  })
})

describe('a keyring opened from settings', () => {
  it('knows the keys of the settings alone when there is no database', async () => {
    await using keyring = await openKeyring({ entries: ENTRIES, databaseUrl: null }, createMemoryLog())
    assert.deepEqual([keyring.tenantOf('key_c'), keyring.isComplete(), keyring.isFresh()], ['configured', true, true])
  })

  it('opens while nobody serves the database', async () => {
    const { log, events } = createMemoryLog()
    const databaseUrl = 'postgres://nobody@127.0.0.1:1/nothing'
    await using keyring = await openKeyring({ entries: ENTRIES, databaseUrl }, { log })
    assert.deepEqual([keyring.tenantOf('key_c'), keyring.isComplete(), keyring.isFresh()], ['configured', false, false])
    assert.deepEqual(events(), ['api_keys.not_read'])
  })
})
