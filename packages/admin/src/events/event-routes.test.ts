import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aBatch, aRecord } from '@sluice/event-store/testing/settle-records'
import { gateIsAway, openTestAdmin } from '../testing/test-admin.ts'

const EXACT = '{"big": 12345678901234567890, "price": 1.10, "low": -0.0, "__proto__": {"x": 1}}'

test('an event comes back with every digit that its producer sent', async (t) => {
  const { get, store } = await openTestAdmin(t)
  const record = aRecord({ offset: 7, partition: 3, payload: EXACT, extra: ',"ratio":0.10' })
  await store.settle(aBatch(record))
  for (const url of [
    '/admin/events',
    '/admin/event/search?tenant=acme&eventId=event-key-7',
    '/admin/event/by-idempotency?tenant=acme&idempotencyKey=key-7',
    `/admin/receipts/${record.head?.receiptId}`,
  ]) {
    const { text, headers } = await get(url)
    assert.equal(headers['content-type'], 'application/json')
    for (const digits of ['12345678901234567890', '1.10', '"__proto__": {"x": 1}', '{"ratio": 0.10}'])
      assert.ok(text.includes(digits), `${url} keeps ${digits}: ${text}`)
  }
  const [event] = (await get('/admin/events')).body.data
  const { payload: _, extra: __, occurred_at, processed_at, ...rest } = event
  assert.equal(new Date(occurred_at).toISOString(), '2026-05-04T10:00:00.000Z')
  assert.match(processed_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual(rest, {
    receipt_id: record.head?.receiptId,
    tenant_id: 'acme',
    event_id: 'event-key-7',
    idempotency_key: 'key-7',
    event_type: 'order.created',
    schema_version: 1,
    received_at: record.head?.receivedAt,
    status: 'stored',
    fingerprint: record.head?.fingerprint,
    source: { topic: 'events.raw', partition: 3, offset: 7 },
  })
})

test('events are listed newest first, page by page, none twice and none left out', async (t) => {
  const { get, store } = await openTestAdmin(t)
  for (const offsets of [[1, 2], [3, 4], [5]])
    await store.settle(aBatch(...offsets.map((offset) => aRecord({ offset }))))
  const seen: number[] = []
  let cursor: string | null = null
  do {
    const page = await get(`/admin/events?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`)
    seen.push(...page.body.data.map((event: { source: { offset: number } }) => event.source.offset))
    cursor = page.body.next_cursor
  } while (cursor !== null)
  assert.equal(seen[0], 5)
  assert.deepEqual(seen.toSorted(), [1, 2, 3, 4, 5])
})

test('events are chosen by tenant and type', async (t) => {
  const { get, store } = await openTestAdmin(t)
  await store.settle(
    aBatch(aRecord({ offset: 1 }), aRecord({ offset: 2, tenant: 'umbrella' }), aRecord({ offset: 3, eventType: 'b' })),
  )
  const offsets = async (query: string) =>
    (await get(`/admin/events?${query}`)).body.data.map((event: { source: { offset: number } }) => event.source.offset)
  assert.deepEqual(await offsets('tenant=umbrella'), [2])
  assert.deepEqual(await offsets('eventType=b'), [3])
  assert.deepEqual(await offsets('tenant=nobody'), [])
  assert.deepEqual(await offsets('until=2020-01-01T00:00:00Z'), [])
})

test('a search finds what was stored and what was set aside, and nothing is no error', async (t) => {
  const { get, store } = await openTestAdmin(t)
  await store.settle(
    aBatch(
      aRecord({ offset: 1, eventId: 'same', key: 'a' }),
      aRecord({ offset: 2, eventId: 'same', key: 'b', payload: '7' }),
    ),
  )
  const { body } = await get('/admin/event/search?tenant=acme&eventId=same')
  assert.deepEqual([body.events.length, body.dead_letters.length], [1, 1])
  assert.equal(body.dead_letters[0].pointer, '/payload')
  assert.equal('original' in body.dead_letters[0], false)
  const none = await get('/admin/event/search?tenant=umbrella&eventId=same')
  assert.deepEqual([none.status, none.body], [200, { events: [], dead_letters: [] }])
})

test('a key’s claim is told while its event waits, and is unknown while the gate is away', async (t) => {
  const known = await openTestAdmin(t)
  const { get, gate } = known
  const url = '/admin/event/by-idempotency?tenant=acme&idempotencyKey=k'
  assert.deepEqual((await get(url)).body.key, { state: null, expires_at: null })
  const claim = {
    tenantId: 'acme',
    idempotencyKey: 'k',
    fingerprint: 'a'.repeat(64),
    token: '0197a5b0-0000-4000-8000-000000000000',
    receiptId: '0197a5b0-0000-7000-8000-000000000000',
  }
  await gate.admit([{ ...claim, limitPerMin: 10 }])
  assert.equal((await get(url)).body.key.state, 'in_flight')
  await gate.settle([{ ...claim, outcome: 'done' }])
  const accepted = (await get(url)).body.key
  assert.equal(accepted.state, 'accepted')
  assert.ok(Date.parse(accepted.expires_at) > Date.now())

  const away = await openTestAdmin(t, { gate: gateIsAway })
  await away.store.settle(aBatch(aRecord({ offset: 1, key: 'k' })))
  const { status, body } = await away.get(url)
  assert.deepEqual([status, body.events.length, body.key.state], [200, 1, null])
})
