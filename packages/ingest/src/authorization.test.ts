import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { listRoutes, OPEN_ROUTES } from '@sluice/runtime/testing/list-routes'
import { openIngest } from './testing/open-ingest.ts'

const CREDENTIALS: readonly (readonly [string, Record<string, string | string[] | null>])[] = [
  ['nothing', { 'x-api-key': null }],
  ['an unknown key', { 'x-api-key': 'key_c' }],
  ['a key with more behind it', { 'x-api-key': 'key_a key_b' }],
  ['two keys', { 'x-api-key': ['key_a', 'key_b'] }],
  ['keys of two tenants in both fields', { 'x-api-key': 'key_a', authorization: 'Bearer key_b' }],
  ['an unknown bearer', { 'x-api-key': null, authorization: 'Bearer key_c' }],
]

test('every route but the open ones refuses whoever has no key of a tenant, and takes nothing in', async (t) => {
  const { app, send, records } = await openIngest(t, { wrongKeysPerSecond: 1_000 })
  const open = new Set<string>()
  // HEAD is the same route as GET, without the body that is read here.
  const routes = (await listRoutes(app)).filter(({ method }) => method !== 'HEAD')
  for (const { method, pattern } of routes)
    for (const [_credentials, headers] of CREDENTIALS) {
      const path = pattern.replace(':name', 'not-found').replace('*', 'x')
      const { status } = await send({ method, path, headers })
      if (status !== 401) open.add(pattern)
    }
  assert.deepEqual([...open].sort(), OPEN_ROUTES)
  assert.equal((await records()).length, 0)
})

test('I10 an event belongs to the tenant of its key, whatever it says of itself', async (t) => {
  const { send, records } = await openIngest(t)
  const body = '{"event_id":"e1","tenant_id":"tenant_a","tenant":"tenant_a"}'
  for (const [headers, tenant] of [
    [{ 'x-api-key': 'key_b' }, 'tenant_b'],
    [{ 'x-api-key': null, authorization: 'Bearer key_a' }, 'tenant_a'],
  ] as const) {
    const { status, json } = await send({ headers, body })
    assert.deepEqual([status, json.duplicate], [202, false], 'the same key of another tenant is another key')
    const heads = (await records()).map(({ value }) => {
      const reading = decodeEnvelope(value)
      assert.ok(reading.type === 'envelope')
      return reading.head
    })
    assert.equal(heads.find(({ receiptId }) => receiptId === json.receipt_id)?.tenantId, tenant)
  }
})
