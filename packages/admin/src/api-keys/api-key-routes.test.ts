import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createLiveKeyring } from '@sluice/gate/live-keyring'
import { createPostgresApiKeyStore } from '@sluice/gate/postgres-api-key-store'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { openTestAdmin } from '../testing/test-admin.ts'

const aWish = (facts: object = {}) => ({ operation_id: randomUUID(), tenant_id: 'acme', by: 'ada', ...facts })
const anOperation = (facts: object = {}) => ({ operation_id: randomUUID(), by: 'bob', ...facts })

test('a key is shown when it is made, is in force at the next read, and stands nowhere but as its digest', async (t) => {
  const { get, post, pool, sql } = await openTestAdmin(t)
  const { status, headers, body } = await post('/admin/keys', aWish({ label: 'billing' }))
  const { key, api_key: made } = body
  assert.deepEqual([status, headers['cache-control']], [201, 'no-store'])
  assert.match(key, new RegExp(`^sk_${made.id}_[\\w-]{43}$`))
  assert.deepEqual(made, {
    id: made.id,
    tenant_id: 'acme',
    label: 'billing',
    created_at: made.created_at,
    created_by: 'ada',
    revoked_at: null,
    revoked_by: null,
  })
  const list = await get('/admin/keys')
  assert.deepEqual([list.status, list.body], [200, { data: [made], next_cursor: null }])
  const keyring = createLiveKeyring({
    entries: [],
    store: createPostgresApiKeyStore(pool),
    log: createMemoryLog().log,
  })
  await keyring.refresh()
  assert.equal(keyring.tenantOf(key), 'acme')

  const secret = key.slice(`sk_${made.id}_`.length)
  for (const table of ['api_keys', 'audit']) {
    const rows = await sql(`SELECT t::text AS row FROM ${table} t`)
    assert.equal(rows.length, 1)
    assert.ok(!JSON.stringify(rows).includes(secret), table)
  }
})

test('the same operation makes one key, and does not show it again', async (t) => {
  const { get, post } = await openTestAdmin(t)
  const wish = aWish()
  const both = await Promise.all([post('/admin/keys', wish), post('/admin/keys', wish)])
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 201])
  assert.equal(both.filter(({ body }) => body.key !== null).length, 1)
  assert.deepEqual(both[0]?.body.api_key, both[1]?.body.api_key)
  assert.equal((await get('/admin/keys')).body.data.length, 1)
  const other = await post('/admin/keys', { ...wish, tenant_id: 'umbrella' })
  assert.deepEqual([other.status, other.body.code], [422, 'OPERATION_ID_REUSED'])
})

test('a revoked key is out of force at the next read, and revoking it again changes nothing', async (t) => {
  const { post, pool } = await openTestAdmin(t)
  const made = (await post('/admin/keys', aWish())).body
  const url = `/admin/keys/${made.api_key.id}/revoke`
  const operation = anOperation({ note: 'leaked' })
  const first = await post(url, operation)
  assert.equal(first.status, 200)
  const { revoked_at: at, ...rest } = first.body.api_key
  assert.ok(Date.parse(at) >= Date.parse(made.api_key.created_at))
  const { revoked_at: _, ...before } = made.api_key
  assert.deepEqual(rest, { ...before, revoked_by: 'bob' })
  for (const again of [operation, anOperation({ by: 'eve' })])
    assert.deepEqual((await post(url, again)).body.api_key, first.body.api_key)
  assert.deepEqual(await createPostgresApiKeyStore(pool).inForce(), [])
})

test('who made and revoked a key stands in the audit, found by its id', async (t) => {
  const { get, post } = await openTestAdmin(t)
  const { id } = (await post('/admin/keys', aWish({ label: 'billing' }))).body.api_key
  await post(`/admin/keys/${id}/revoke`, anOperation({ note: 'leaked' }))
  const { data } = (await get(`/admin/audit?target=${id}`)).body
  const seen = data.map(({ action, by, note, count }: Record<string, unknown>) => [action, by, note, count])
  assert.deepEqual(seen, [
    ['revoke_key', 'bob', 'leaked', 1],
    ['create_key', 'ada', null, 1],
  ])
  const known = { tenant_id: 'acme', label: 'billing' }
  assert.deepEqual([data[1].before, data[1].after], [null, known])
  assert.deepEqual([data[0].before, data[0].after.tenant_id], [{ ...known, revoked_at: null }, 'acme'])
  assert.notEqual(data[0].after.revoked_at, null)
  assert.equal((await get('/admin/audit?action=create_key')).body.data.length, 1)
})

test('a key that was never made is 404, and leaves nothing in the audit', async (t) => {
  const { get, post } = await openTestAdmin(t)
  const { status, body } = await post(`/admin/keys/${'0'.repeat(12)}/revoke`, anOperation())
  assert.deepEqual([status, body.code], [404, 'NOT_FOUND'])
  assert.deepEqual((await get('/admin/audit')).body.data, [])
})

test('keys are listed page by page, and those of one tenant apart', async (t) => {
  const { get, post } = await openTestAdmin(t)
  const ids: string[] = []
  for (const tenant_id of ['acme', 'umbrella', 'acme'])
    ids.unshift((await post('/admin/keys', aWish({ tenant_id }))).body.api_key.id)
  const idsOf = ({ body }: { body: { data: { id: string }[] } }) => body.data.map(({ id }) => id)
  const first = await get('/admin/keys?limit=2')
  const second = await get(`/admin/keys?limit=2&cursor=${first.body.next_cursor}`)
  assert.deepEqual([...idsOf(first), ...idsOf(second), second.body.next_cursor], [...ids, null])
  assert.deepEqual(idsOf(await get('/admin/keys?tenant=umbrella')), [ids[1]])
})

test('a tenant that no key may be of, a label without end and an id that is none are refused', async (t) => {
  const { post } = await openTestAdmin(t)
  for (const wish of [{ tenant_id: 'a b' }, { tenant_id: '' }, { label: 'x'.repeat(101) }, { label: 'a\u0000' }])
    assert.equal((await post('/admin/keys', aWish(wish))).status, 400)
  const { status, body } = await post('/admin/keys/x/revoke', anOperation())
  assert.deepEqual([status, body.code], [400, 'INVALID_PARAMETER'])
})

test('nothing is made or shown while the store is away', async (t) => {
  const { get, post } = await openTestAdmin(t, { storeIsAway: true })
  const answers = [
    await get('/admin/keys'),
    await post('/admin/keys', aWish()),
    await post(`/admin/keys/${'0'.repeat(12)}/revoke`, anOperation()),
  ]
  for (const { status, body } of answers) assert.deepEqual([status, body.code], [503, 'STORE_UNAVAILABLE'])
})
