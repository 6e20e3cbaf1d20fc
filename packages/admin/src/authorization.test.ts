import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aBatch, aRecord } from '@sluice/event-store/testing/settle-records'
import { listRoutes, OPEN_ROUTES } from '@sluice/runtime/testing/list-routes'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { API_KEYS, openTestAdmin } from './testing/test-admin.ts'

const TOKEN = 'correct-horse-battery'
const AN_ID = '0197a5b0-0000-7000-8000-000000000000'
const [OWN, OTHER] = API_KEYS.map(({ key }) => key)

/** What a tenant may ask with its own key. */
const OF_TENANTS = ['/receipts/:receipt_id']

const CREDENTIALS: readonly (readonly [string, Record<string, string>])[] = [
  ['nothing', {}],
  ['an unknown token', { authorization: `Bearer ${TOKEN}x` }],
  ["a tenant's key as the token", { authorization: `Bearer ${OWN}` }],
  ["a tenant's key", { 'x-api-key': OWN ?? '' }],
  ["another tenant's key", { 'x-api-key': OTHER ?? '' }],
  ["two tenants' keys", { 'x-api-key': OWN ?? '', authorization: `Bearer ${OTHER}` }],
]

const addressOf = (pattern: string) => pattern.replace(/:name/, 'not-found').replace(/:\w+/g, AN_ID).replace('*', 'x')

test('every route but the open ones refuses whoever has not the admin token, with any key of a tenant too', async (t) => {
  const { app } = await openTestAdmin(t, { adminToken: TOKEN })
  const routes = await listRoutes(app)
  assert.ok(routes.length > 60, `${routes.length} routes`)
  const open = new Set<string>()
  for (const { method, pattern } of routes)
    for (const [credentials, headers] of CREDENTIALS) {
      const { statusCode } = await app.inject({
        method: method as 'GET',
        url: addressOf(pattern),
        headers: {
          host: 'localhost:8081',
          ...headers,
          ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
        },
        ...(method === 'POST' ? { payload: '{}' } : {}),
      })
      if (OF_TENANTS.includes(pattern) && headers['x-api-key'] !== undefined)
        assert.equal(statusCode, 404, `${method} ${pattern} with ${credentials}`)
      else if (statusCode !== 401) open.add(pattern)
    }
  assert.deepEqual([...open].sort(), OPEN_ROUTES)
})

test('without a token every route but the open ones answers loopback names only', async (t) => {
  const { app } = await openTestAdmin(t)
  for (const { method, pattern } of await listRoutes(app)) {
    if (OPEN_ROUTES.includes(pattern) || OF_TENANTS.includes(pattern)) continue
    const { statusCode } = await app.inject({
      method: method as 'GET',
      url: addressOf(pattern),
      headers: { host: 'evil.example', 'x-api-key': OWN ?? '' },
    })
    assert.equal(statusCode, 403, `${method} ${pattern}`)
  }
})

test('I10 a tenant reads the receipts of its own events only, and the admin token is no key', async (t) => {
  const { get, store } = await openTestAdmin(t, { adminToken: TOKEN })
  const [stored, letter] = [aRecord({ offset: 0 }), aRecord({ offset: 1, eventType: '' })]
  await store.settle(aBatch(stored, letter))
  for (const { head } of [stored, letter]) {
    const ask = async (headers: Record<string, string>) => (await get(`/receipts/${head?.receiptId}`, headers)).status
    assert.equal(await ask({ 'x-api-key': OWN ?? '' }), 200)
    assert.equal(await ask({ 'x-api-key': OTHER ?? '' }), 404)
    assert.equal(await ask({ authorization: `Bearer ${TOKEN}` }), 401)
    assert.equal(await ask({ 'x-api-key': TOKEN }), 401)
    assert.equal(await ask({ 'x-api-key': `${OWN} ${OTHER}` }), 401)
  }
})

test('an address that guesses keys is stopped for the rest of the second, whatever it sends then', async (t) => {
  const clock = createManualClock(0)
  const { get } = await openTestAdmin(t, { adminToken: TOKEN, throttleClock: clock })
  const ask = (key: string) => get(`/receipts/${AN_ID}`, { 'x-api-key': key })
  for (let guess = 0; guess < 20; guess += 1) assert.equal((await ask(`guess-${guess}`)).status, 401)
  const stopped = await ask(OWN ?? '')
  assert.deepEqual(
    [stopped.status, stopped.body.code, stopped.headers['retry-after']],
    [429, 'TOO_MANY_WRONG_KEYS', '1'],
  )
  // People with the token may come from the same address.
  assert.equal((await get('/admin/about', { authorization: `Bearer ${TOKEN}` })).status, 200)
  clock.advance(1_000)
  assert.equal((await ask(OWN ?? '')).status, 404)
})

test('while the keys of the database are not known yet nobody is told that a key is wrong', async (t) => {
  const { get } = await openTestAdmin(t, { keysAreAway: true })
  const ask = (headers: Record<string, string>) => get(`/receipts/${AN_ID}`, headers)
  const { status, body } = await ask({ 'x-api-key': 'sk_made' })
  assert.deepEqual([status, body.code], [503, 'STORE_UNAVAILABLE'])
  assert.equal((await ask({ 'x-api-key': OWN ?? '' })).status, 404)
  assert.equal((await ask({})).status, 401)
})
