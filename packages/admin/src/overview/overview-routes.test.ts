import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aBatch, aRecord } from '@sluice/event-store/testing/settle-records'
import { gateIsAway, openTestAdmin } from '../testing/test-admin.ts'

const BEAT = { lastTurnAt: new Date(), waitsFor: null, partitions: [0] }
const claimOf = (key: string) => ({
  tenantId: 'acme',
  idempotencyKey: key,
  fingerprint: 'a'.repeat(64),
  token: '0197a5b0-0000-4000-8000-000000000000',
  receiptId: '0197a5b0-0000-7000-8000-000000000000',
})

test('the overview counts what was accepted, stored and set aside', async (t) => {
  const { get, gate, heartbeats, store } = await openTestAdmin(t)
  await heartbeats.beat(BEAT)
  await gate.admit([{ ...claimOf('a'), limitPerMin: 2 }])
  await gate.settle([{ ...claimOf('a'), outcome: 'done' }])
  for (let n = 0; n < 2; n += 1) await gate.admit([{ ...claimOf('a'), limitPerMin: 2 }])
  await store.settle(
    aBatch(
      aRecord({ offset: 1, eventType: 'b' }),
      aRecord({ offset: 2, eventType: 'b' }),
      aRecord({ offset: 3, eventType: 'a' }),
      aRecord({ offset: 4, payload: '7' }),
      aRecord({ offset: 5, tenant: 'umbrella', eventType: 'c' }),
    ),
  )
  const { status, body } = await get('/admin/overview?tenant=acme')
  const { end_to_end_ms, as_of, counted_since, ...counts } = body
  assert.deepEqual(
    [status, counts],
    [
      200,
      {
        status: 'healthy',
        reasons: [],
        events_last_1m: 3,
        events_last_5m: 3,
        accepted_last_5m: 1,
        duplicates_last_5m: 1,
        rate_limited_last_5m: 1,
        dead_lettered_last_5m: 1,
        dead_letters_open: 1,
        top_event_types: [
          { event_type: 'b', count: 2 },
          { event_type: 'a', count: 1 },
        ],
      },
    ],
  )
  assert.ok(end_to_end_ms.p50 > 0 && end_to_end_ms.p50 <= end_to_end_ms.p99)
  assert.ok(Date.parse(as_of) >= Date.parse(counted_since))
  assert.equal((await get('/admin/overview')).body.events_last_5m, 4)
})

test('what cannot be known is null: latency of nothing, counts of a gate that is away', async (t) => {
  const { get, heartbeats } = await openTestAdmin(t, { gate: gateIsAway })
  await heartbeats.beat(BEAT)
  const { status, body } = await get('/admin/overview')
  assert.equal(status, 200)
  assert.deepEqual(body.end_to_end_ms, { p50: null, p95: null, p99: null })
  assert.deepEqual(
    [body.accepted_last_5m, body.duplicates_last_5m, body.rate_limited_last_5m, body.counted_since],
    [null, null, null, null],
  )
  assert.deepEqual([body.events_last_5m, body.dead_letters_open, body.status], [0, 0, 'degraded'])
})

test('while the store is away the overview says so and still answers what the gate knows', async (t) => {
  const { get, gate } = await openTestAdmin(t, { storeIsAway: true })
  await gate.admit([{ ...claimOf('a'), limitPerMin: 2 }])
  await gate.settle([{ ...claimOf('a'), outcome: 'done' }])
  const { status, body } = await get('/admin/overview')
  assert.deepEqual(
    [status, body.status, body.reasons, body.accepted_last_5m],
    [200, 'unhealthy', ['The store does not answer.'], 1],
  )
  assert.deepEqual(
    [body.events_last_5m, body.dead_lettered_last_5m, body.dead_letters_open, body.top_event_types],
    [null, null, null, null],
  )
  const events = await get('/admin/events')
  assert.deepEqual([events.status, events.body.code], [503, 'STORE_UNAVAILABLE'])
})

test('top event types come with their share of all', async (t) => {
  const { get, store } = await openTestAdmin(t)
  const types = ['a', 'b', 'b', 'b']
  await store.settle(aBatch(...types.map((eventType, offset) => aRecord({ offset, eventType }))))
  const { body } = await get('/admin/top-event-types?limit=1')
  assert.deepEqual(body.data, [{ event_type: 'b', count: 3, share: 0.75 }])
  assert.ok(Date.now() - Date.parse(body.since) > 86_000_000)
})
