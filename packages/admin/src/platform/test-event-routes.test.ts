import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { judgeEvent } from '@sluice/contract/event'
import { newReceiptId } from '@sluice/contract/identifiers'
import { problemBody } from '@sluice/contract/problems'
import { openListeningIngest } from '../testing/listening-ingest.ts'
import { openTestAdmin } from '../testing/test-admin.ts'

const URL = '/admin/test-event'
const aWish = (tenant = 'acme') => ({ operation_id: randomUUID(), tenant_id: tenant, by: 'ada' })

test('a test event goes through ingest with the tenant’s key, and is a valid event', async (t) => {
  const receipt = newReceiptId(Date.now())
  const ingest = await openListeningIngest(t, () => ({ status: 202, body: { receipt_id: receipt, duplicate: false } }))
  const { post, sql } = await openTestAdmin(t, { ingestUrl: ingest.url })
  const wish = aWish()
  const { status, body } = await post(URL, wish)
  assert.deepEqual(
    [status, body.receipt_id, body.duplicate, body.operation_id, body.tenant_id],
    [202, receipt, false, wish.operation_id, 'acme'],
  )
  const [sent] = ingest.posts
  assert.ok(sent)
  assert.deepEqual(
    [sent.path, sent.headers['x-api-key'], sent.headers['idempotency-key']],
    ['/events', 'key-of-acme-0123456789', body.idempotency_key],
  )
  const judgement = judgeEvent(Buffer.from(sent.body))
  assert.ok(judgement.type === 'valid')
  assert.equal(judgement.event.eventId, body.event_id)
  const audit = await sql('SELECT by, action, target, count, after FROM audit')
  const after = audit.map((row) => JSON.parse(String(row.after)))
  assert.deepEqual(
    [audit.map(({ after: _, ...row }) => row), after],
    [
      [{ by: 'ada', action: 'test_event', target: 'acme', count: 1 }],
      [{ receipt_id: receipt, event_id: body.event_id }],
    ],
  )
})

test('the same operation sent again posts the same bytes under the same key', async (t) => {
  const receipt = newReceiptId(Date.now())
  const ingest = await openListeningIngest(t, (_, nth) =>
    nth === 1
      ? {
          status: 503,
          body: problemBody('LOG_UNAVAILABLE', { detail: 'x', requestId: 'r' }),
          headers: { 'retry-after': '3' },
        }
      : { status: 202, body: { receipt_id: receipt, duplicate: nth === 3 } },
  )
  const { post } = await openTestAdmin(t, { ingestUrl: ingest.url })
  const wish = aWish()
  const first = await post(URL, wish)
  assert.deepEqual(
    [first.status, first.body.code, first.body.ingest_code, first.headers['retry-after']],
    [503, 'INGEST_UNAVAILABLE', 'LOG_UNAVAILABLE', '3'],
  )
  assert.equal((await post(URL, wish)).body.duplicate, false)
  assert.equal((await post(URL, wish)).body.duplicate, true)
  assert.equal(new Set(ingest.posts.map(({ body }) => body)).size, 1)
  assert.equal(new Set(ingest.posts.map(({ headers }) => headers['idempotency-key'])).size, 1)
  const other = await post(URL, { ...wish, tenant_id: 'umbrella' })
  assert.deepEqual([other.status, other.body.code, ingest.posts.length], [422, 'OPERATION_ID_REUSED', 3])
})

test('says why it cannot send: no key of the tenant, no address, nobody there, refused', async (t) => {
  const ingest = await openListeningIngest(t, () => ({
    status: 401,
    body: problemBody('UNAUTHENTICATED', { detail: 'x', requestId: 'r' }),
  }))
  const known = await openTestAdmin(t, { ingestUrl: ingest.url })
  const stranger = await known.post(URL, aWish('stranger'))
  assert.deepEqual([stranger.status, stranger.body.code], [422, 'NO_KEY_FOR_TENANT'])
  assert.match(stranger.body.detail, /no plain API key of this tenant/)
  const refused = await known.post(URL, aWish())
  assert.deepEqual(
    [refused.status, refused.body.code, refused.body.ingest_code],
    [422, 'INGEST_REFUSED', 'UNAUTHENTICATED'],
  )
  const lost = await (await openTestAdmin(t)).post(URL, aWish())
  assert.deepEqual([lost.status, lost.body.code], [422, 'NO_KEY_FOR_TENANT'])
  assert.match(lost.body.detail, /INGEST_URL/)
  const alone = await (await openTestAdmin(t, { ingestUrl: 'http://127.0.0.1:1' })).post(URL, aWish())
  assert.deepEqual([alone.status, alone.body.code], [503, 'INGEST_UNAVAILABLE'])
})

test('a change is refused from a foreign page, as a form, and without an operation id', async (t) => {
  const { post } = await openTestAdmin(t)
  const refusals = [
    [await post(URL, aWish(), { origin: 'https://evil.example' }), 403, 'FORBIDDEN'],
    [await post(URL, aWish(), { origin: 'null' }), 403, 'FORBIDDEN'],
    [await post(URL, aWish(), { 'sec-fetch-site': 'cross-site' }), 403, 'FORBIDDEN'],
    [
      await post(URL, 'tenant_id=acme', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [await post(URL, JSON.stringify(aWish()), { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [await post(URL, { tenant_id: 'acme' }), 400, 'BAD_REQUEST'],
    [await post(URL, { ...aWish(), operation_id: 'again' }), 400, 'BAD_REQUEST'],
  ] as const
  for (const [{ status, body }, expected, code] of refusals) assert.deepEqual([status, body.code], [expected, code])
  const own = await post(URL, aWish(), { origin: 'http://localhost:8081', 'sec-fetch-site': 'same-origin' })
  assert.equal(own.body.code, 'NO_KEY_FOR_TENANT')
})

test('about shows people the address of producers where admin has another way to ingest', async (t) => {
  const addresses = { ingestUrl: 'http://ingest-1:8080', publicIngestUrl: 'https://events.example' }
  const { body } = await (await openTestAdmin(t, addresses)).get('/admin/about')
  assert.equal(body.ingest_url, 'https://events.example')
  assert.match(body.demo_curl, /^curl -i https:\/\/events\.example\/events /)
})

test('about tells what runs and how it is set, and shows no key', async (t) => {
  const { get } = await openTestAdmin(t, { ingestUrl: 'http://127.0.0.1:8080' })
  const { status, body, text } = await get('/admin/about')
  assert.equal(status, 200)
  assert.deepEqual(body.engines, { log: 'memory', gate: 'memory', store: 'postgres' })
  assert.deepEqual(body.retention, {
    events_seconds: 2_592_000,
    dead_letters_seconds: 1_209_600,
    log_seconds: 604_800,
    idempotency_window_seconds: 1_800,
  })
  assert.deepEqual(
    [body.access, body.ingest_url, body.test_tenants],
    ['loopback', 'http://127.0.0.1:8080', ['acme', 'umbrella']],
  )
  assert.match(body.demo_curl, /^curl -i http:\/\/127\.0\.0\.1:8080\/events -H "X-API-Key: \$SLUICE_API_KEY"/)
  assert.equal(typeof body.embedded, 'boolean')
  assert.doesNotMatch(text, /key-of-/)
  const unset = (await (await openTestAdmin(t, { storeIsAway: true })).get('/admin/about')).body
  assert.deepEqual([unset.ingest_url, unset.test_tenants, unset.demo_curl, unset.embedded], [null, [], null, null])
})
