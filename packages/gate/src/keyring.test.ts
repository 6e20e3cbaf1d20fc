import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createKeyring, tenantsWithShortKeys } from './keyring.ts'

describe('keyring', () => {
  it('S1: knows each key of each tenant, and no other', () => {
    const keyring = createKeyring([
      { tenantId: 'a', key: 'key_1' },
      { tenantId: 'a', key: 'key_2' },
      { tenantId: 'b', key: 'key_3' },
    ])
    const asked = ['key_1', 'key_2', 'key_3', 'key_4', 'KEY_1', 'key_1 ', '']
    assert.deepEqual(asked.map(keyring.tenantOf), ['a', 'a', 'b', null, null, null, null])
  })

  it('lets nobody in while it is empty', () => {
    assert.equal(createKeyring([]).tenantOf(''), null)
  })

  it('knows the tenants that have a key which can be guessed, and names no key', () => {
    const entries = [
      { tenantId: 'short', key: 'secret' },
      { tenantId: 'both', key: 'x'.repeat(16) },
      { tenantId: 'both', key: 'x'.repeat(15) },
      { tenantId: 'both', key: 'y' },
      { tenantId: 'long', key: 'z'.repeat(16) },
    ]
    assert.deepEqual(tenantsWithShortKeys(entries), ['short', 'both'])
  })
})
