import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aBatch, aRecord } from '@sluice/event-store/testing/settle-records'
import { openTestAdmin } from '../testing/test-admin.ts'

test('identities are exported a line each, with content where it is asked for', async (t) => {
  const admin = await openTestAdmin(t)
  const [good, bad] = [aRecord({ offset: 1 }), aRecord({ offset: 2, eventType: '' })]
  await admin.store.settle(aBatch(good, bad))
  const ask = async (query: string) => {
    const { statusCode, headers, body } = await admin.app.inject({
      url: `/admin/export/identities${query}`,
      headers: { host: 'localhost:8081' },
    })
    assert.deepEqual([statusCode, headers['content-type']], [200, 'application/x-ndjson'])
    return body
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  }
  const lines = await ask('?tenant=acme')
  assert.deepEqual(lines, [
    {
      place: 'event',
      tenant_id: 'acme',
      idempotency_key: 'key-1',
      fingerprint: good.head?.fingerprint,
      receipt_id: good.head?.receiptId,
      state: 'stored',
      reason: null,
    },
    {
      place: 'dead_letter',
      tenant_id: 'acme',
      idempotency_key: 'key-2',
      fingerprint: bad.head?.fingerprint,
      receipt_id: bad.head?.receiptId,
      state: 'open',
      reason: 'INVALID_FIELD',
    },
  ])
  const [event, letter] = await ask('?include=content')
  assert.deepEqual([event.event_id, event.payload, event.extra], ['event-key-1', '{"n": 1}', null])
  assert.equal(letter.original, Buffer.from(bad.original).toString('base64'))
  assert.deepEqual(await ask('?tenant=nobody'), [])
  assert.deepEqual(await ask('?until=2020-01-01T00:00:00Z'), [])
})

test('an export that cannot begin says so, and parameters that mean nothing are refused', async (t) => {
  const away = await openTestAdmin(t, { storeIsAway: true })
  assert.equal((await away.get('/admin/export/identities')).status, 503)
  assert.equal((await away.get('/admin/export/identities?include=payload')).status, 400)
  assert.equal((await away.get('/admin/export/identities?since=2026-02-31T00:00:00Z')).status, 400)
})
