import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestAdmin } from './testing/test-admin.ts'

const TOKEN = 'correct-horse-battery'
const TENANT = 'tenant=acme'
const A_RECEIPT = '0197a5b0-0000-7000-8000-000000000000'
const ROUTES = [
  '/admin/overview',
  '/admin/throughput',
  '/admin/top-event-types',
  `/admin/event/search?${TENANT}&eventId=1`,
  `/admin/event/by-idempotency?${TENANT}&idempotencyKey=1`,
  '/admin/events',
  `/admin/receipts/${A_RECEIPT}`,
  '/admin/dlq/sample',
  '/admin/dlq',
  '/admin/dlq/groups',
  '/admin/dlq/count',
  '/admin/kafka/lag',
  '/admin/lag',
  '/admin/lag/history',
  '/admin/backlog',
  '/admin/balance',
  '/admin/tenants',
  '/admin/redrives',
  '/admin/keys',
  '/admin/audit',
  '/admin/health',
  '/admin/about',
]

test('S3: every route that reads asks for the token, however its address is written', async (t) => {
  const { get } = await openTestAdmin(t, { adminToken: TOKEN })
  const written = [
    '/%61dmin/overview',
    '/admin/%6fverview',
    'http://localhost/admin/overview',
    '/admin/overview?x=/docs/',
  ]
  for (const url of [...ROUTES, `/admin/dlq/${A_RECEIPT}`, ...written]) {
    const refused = await get(url)
    assert.deepEqual([url, refused.status, refused.body.code], [url, 401, 'UNAUTHENTICATED'])
    assert.match(String(refused.headers['www-authenticate']), /^Bearer/)
  }
  for (const url of ROUTES) {
    const { status } = await get(url, { authorization: `Bearer ${TOKEN}` })
    assert.ok(status === 200 || (url === '/admin/health' && status === 503), `${url} answered ${status}`)
  }
})

const CHANGES = [
  '/admin/test-event',
  `/admin/dlq/${A_RECEIPT}/redrive`,
  `/admin/dlq/${A_RECEIPT}/dismiss`,
  '/admin/dlq/check',
  '/admin/redrives',
  `/admin/redrives/${A_RECEIPT}/cancel`,
  '/admin/keys',
  '/admin/keys/0197a5b00000/revoke',
]

test('S6: every change asks for the token, for JSON, and for a page of our own', async (t) => {
  const { post } = await openTestAdmin(t, { adminToken: TOKEN })
  const authorization = `Bearer ${TOKEN}`
  for (const url of CHANGES) {
    assert.deepEqual([url, (await post(url, {})).status], [url, 401])
    const key = await post(url, {}, { authorization: 'Bearer key-of-acme-0123456789' })
    const foreign = await post(url, {}, { authorization, origin: 'https://evil.example' })
    const form = await post(url, 'a=b', { authorization, 'content-type': 'application/x-www-form-urlencoded' })
    const empty = await post(url, {}, { authorization })
    assert.deepEqual([url, key.status, foreign.status, form.status, empty.status], [url, 401, 403, 415, 400])
  }
})

test('S3: without a token a page that points its own name at this machine gets nothing', async (t) => {
  const { get } = await openTestAdmin(t)
  for (const url of ROUTES) {
    const refused = await get(url, { host: 'evil.example' })
    assert.deepEqual([url, refused.status, refused.body.code], [url, 403, 'FORBIDDEN'])
  }
})

test('S14: health, metrics and the description of the API are open, and name no tenant', async (t) => {
  const { app, get } = await openTestAdmin(t, { adminToken: TOKEN })
  for (const url of ['/healthz', '/readyz', '/openapi.json']) assert.equal((await get(url)).status, 200)
  const metrics = await app.inject('/metrics')
  assert.equal(metrics.statusCode, 200)
  assert.doesNotMatch(metrics.body, /tenant=/)
  const { paths } = (await get('/openapi.json')).body
  for (const url of ROUTES) {
    const path = url.split('?', 1)[0]?.replace(A_RECEIPT, '{receipt_id}') ?? ''
    assert.ok(paths[path]?.get, `${path} is described`)
  }
})

const REFUSED = [
  ['/admin/overview?tenant=a%20b', 'tenant'],
  ['/admin/throughput?minutes=0', 'minutes'],
  ['/admin/throughput?minutes=1441', 'minutes'],
  ['/admin/throughput?tenant=', 'tenant'],
  ['/admin/top-event-types?sinceMinutes=0', 'sinceMinutes'],
  ['/admin/top-event-types?sinceMinutes=43201', 'sinceMinutes'],
  ['/admin/top-event-types?limit=201', 'limit'],
  ['/admin/event/search?eventId=1', 'tenant'],
  ['/admin/event/search?tenant=acme', 'eventId'],
  ['/admin/event/search?tenant=acme&eventId=a%00b', 'eventId'],
  ['/admin/event/by-idempotency?tenant=acme', 'idempotencyKey'],
  ['/admin/events?limit=0', 'limit'],
  ['/admin/events?limit=1.5', 'limit'],
  ['/admin/events?limit=ten', 'limit'],
  ['/admin/events?since=yesterday', 'since'],
  ['/admin/events?until=2026-02-31T25:00:00Z', 'until'],
  ['/admin/events?cursor=nonsense', 'cursor'],
  ['/admin/receipts/1', 'receipt_id'],
  ['/admin/dlq/sample?limit=201', 'limit'],
  ['/admin/dlq?state=lost', 'state'],
  ['/admin/dlq?reason=BAD_LUCK', 'reason'],
  ['/admin/dlq?include=secrets', 'include'],
  ['/admin/dlq/groups?limit=201', 'limit'],
  ['/admin/dlq/groups?state=lost', 'state'],
  ['/admin/dlq/groups?since=2026-02-31T25:00:00Z', 'since'],
  ['/admin/dlq/count?job=1', 'job'],
  ['/admin/dlq/1', 'id'],
  ['/admin/lag/history?minutes=1441', 'minutes'],
  ['/admin/redrives?state=lost', 'state'],
  ['/admin/redrives?cursor=nonsense', 'cursor'],
  ['/admin/redrives/1', 'id'],
  ['/admin/keys?cursor=nonsense', 'cursor'],
  ['/admin/keys?tenant=a.b', 'tenant'],
  ['/admin/audit?action=delete', 'action'],
  ['/admin/audit?since=yesterday', 'since'],
  ['/admin/audit?cursor=nonsense', 'cursor'],
  ['/admin/balance?minutes=0', 'minutes'],
  ['/admin/balance?tenant=a.b', 'tenant'],
] as const

test('S9: refuses parameters out of their range and names them', async (t) => {
  const { get } = await openTestAdmin(t)
  for (const [query, parameter] of REFUSED) {
    const { status, body } = await get(query)
    const answer = [query, status, body.code, body.errors?.[0]?.parameter]
    assert.deepEqual(answer, [query, 400, 'INVALID_PARAMETER', parameter])
  }
})
