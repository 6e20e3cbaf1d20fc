import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TenantBody } from '@sluice/contract/admin-api/overview'
import { aBatch, aRecord } from '@sluice/event-store/testing/settle-records'
import { gateIsAway, openTestAdmin } from '../testing/test-admin.ts'

const MINUTE_MS = 60_000
const minuteAt = (ms: number) => new Date(Math.floor(ms / MINUTE_MS) * MINUTE_MS)

test('every tenant has its limit and what became of its events, at the edge and in the store', async (t) => {
  const now = Date.now()
  const counted = (ago: number, accepted: number, limited = 0) => ({
    minute: minuteAt(now - ago * MINUTE_MS),
    tenantId: 'acme',
    accepted,
    duplicates: 1,
    limited,
  })
  const counts = async () => ({
    since: new Date(now - 86_400_000),
    minutes: [counted(200, 5, 3), counted(10, 4), counted(1, 2)],
  })
  const { get, store } = await openTestAdmin(t, { gate: () => ({ counts }), ingestUrl: 'http://127.0.0.1:8080' })
  await store.settle(
    aBatch(aRecord({ offset: 1 }), aRecord({ offset: 2, payload: '7' }), aRecord({ offset: 3, tenant: 'zoo' })),
  )
  const { status, body } = await get('/admin/tenants')
  assert.equal(status, 200)
  const [acme, umbrella, zoo]: TenantBody[] = body.data
  assert.ok(acme && umbrella && zoo)
  assert.deepEqual(acme.last_1h, { accepted: 6, duplicates: 2, rate_limited: 0, stored: 1, dead_lettered: 1 })
  assert.deepEqual(acme.last_24h, { accepted: 11, duplicates: 3, rate_limited: 3, stored: 1, dead_lettered: 1 })
  assert.deepEqual(
    [acme.limit_per_min, acme.first_limited_at, acme.can_test, zoo.can_test],
    [300, minuteAt(now - 200 * MINUTE_MS).toISOString(), true, false],
  )
  assert.ok(Date.parse(acme.last_seen_at ?? '') >= now - 2 * MINUTE_MS)
  assert.deepEqual([umbrella.tenant_id, umbrella.last_24h.stored, umbrella.last_seen_at], ['umbrella', 0, null])
  assert.deepEqual([zoo.tenant_id, zoo.last_1h.accepted, zoo.last_1h.stored], ['zoo', 0, 1])
})

test('sums over a time that was counted in part are unknown', async (t) => {
  const since = new Date(Date.now() - 90 * MINUTE_MS)
  const { get, store } = await openTestAdmin(t, { gate: () => ({ counts: async () => ({ since, minutes: [] }) }) })
  await store.settle(
    aBatch(aRecord({ offset: 1, tenant: 'zoo', receivedAt: new Date(Date.now() - 86_400_000).toISOString() })),
  )
  const [acme]: TenantBody[] = (await get('/admin/tenants')).body.data
  assert.deepEqual([acme?.last_1h.accepted, acme?.last_24h.accepted, acme?.last_24h.stored], [0, null, 0])
})

test('with gate or store away what they know is null', async (t) => {
  const noGate: TenantBody[] = (await (await openTestAdmin(t, { gate: gateIsAway })).get('/admin/tenants')).body.data
  assert.deepEqual([noGate[0]?.last_minute, noGate[0]?.last_1h.accepted, noGate[0]?.last_1h.stored], [null, null, 0])
  const noStore: TenantBody[] = (await (await openTestAdmin(t, { storeIsAway: true })).get('/admin/tenants')).body.data
  assert.deepEqual([noStore.length, noStore[0]?.last_24h.stored], [2, null])
})
