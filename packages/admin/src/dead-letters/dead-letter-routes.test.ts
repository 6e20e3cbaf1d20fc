import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeDeadLetterHeaders } from '@sluice/contract/dead-letter'
import { DLQ_TOPIC, RAW_TOPIC } from '@sluice/contract/topics'
import { aBatch, anUnreadableRecord, aRecord } from '@sluice/event-store/testing/settle-records'
import { logIsAway, openTestAdmin } from '../testing/test-admin.ts'

const NO_UTF8 = Buffer.from([0xff, 0x00, 0xfe])

test('D5: the sample shows the newest records of the topic, garbage as well', async (t) => {
  const { get, eventLog } = await openTestAdmin(t)
  assert.deepEqual((await get('/admin/dlq/sample')).body, { data: [] })
  const record = aRecord({ offset: 1, payload: '7' })
  const headers = encodeDeadLetterHeaders({
    reason: 'INVALID_FIELD',
    detail: 'must be an object',
    pointer: '/payload',
    stage: 'validate',
    failedAt: '2026-05-04T10:00:00.000Z',
    attempt: 1,
    source: { topic: RAW_TOPIC, partition: 4, offset: 1n },
  })
  await eventLog.append(DLQ_TOPIC, [{ key: 'a', value: record.original, headers }])
  await eventLog.append(DLQ_TOPIC, [{ key: 'a', value: NO_UTF8, headers: {} }])
  const [garbage, letter] = (await get('/admin/dlq/sample')).body.data
  assert.deepEqual(garbage, {
    reason: null,
    detail: null,
    pointer: null,
    stage: null,
    failed_at: null,
    tenant_id: null,
    receipt_id: null,
    source: null,
    attempt: null,
    original: NO_UTF8.toString('base64'),
    original_encoding: 'base64',
  })
  assert.deepEqual(letter, {
    reason: 'INVALID_FIELD',
    detail: 'must be an object',
    pointer: '/payload',
    stage: 'validate',
    failed_at: '2026-05-04T10:00:00.000Z',
    tenant_id: 'acme',
    receipt_id: record.head?.receiptId,
    source: { topic: RAW_TOPIC, partition: 4, offset: 1 },
    attempt: 1,
    original: Buffer.from(record.original).toString(),
    original_encoding: 'utf8',
  })
  assert.equal((await get('/admin/dlq/sample?limit=1')).body.data.length, 1)
})

test('while the log is away the sample says so, and the ledger is read all the same', async (t) => {
  const { get, store } = await openTestAdmin(t, { eventLog: logIsAway })
  await store.settle(aBatch(anUnreadableRecord(1)))
  const { status, body } = await get('/admin/dlq/sample')
  assert.deepEqual([status, body.code], [503, 'LOG_UNAVAILABLE'])
  assert.equal((await get('/admin/dlq')).body.data.length, 1)
})

test('lists leave out what is long unless it is asked for; one dead letter is answered whole', async (t) => {
  const { get, store, sql } = await openTestAdmin(t)
  const record = aRecord({ offset: 1, payload: '7', eventId: 'e-1' })
  const [outcome] = await store.settle(aBatch(record))
  assert.ok(outcome?.type === 'dead_letter')
  await sql(`INSERT INTO dead_letter_history VALUES ($1, '2026-05-04T10:00:00Z', 'redriven', 'ada', 'again')`, [
    outcome.deadLetterId,
  ])
  const one = await get(`/admin/dlq/${outcome.deadLetterId}`)
  const { event, original, original_encoding, history, ...facts } = one.body
  assert.match(event, /^\{"event_id":"e-1".*"payload":7\}$/)
  assert.deepEqual([original, original_encoding], [Buffer.from(record.original).toString(), 'utf8'])
  assert.deepEqual(history, [{ at: '2026-05-04T10:00:00.000Z', what: 'redriven', by: 'ada', note: 'again' }])
  assert.deepEqual(
    [facts.state, facts.reason, facts.pointer, facts.event_id],
    ['open', 'INVALID_FIELD', '/payload', 'e-1'],
  )

  const list = async (query: string) => (await get(`/admin/dlq${query}`)).body.data
  assert.deepEqual(await list(''), [facts])
  assert.deepEqual(await list('?include=event,original,history'), [one.body])
  assert.deepEqual(await list('?include=history'), [{ ...facts, history }])
})

test('the ledger is searched by state, reason, type, tenant and words', async (t) => {
  const { get, store } = await openTestAdmin(t)
  await store.settle(aBatch(aRecord({ offset: 1, payload: '7', eventType: 'x' }), anUnreadableRecord(2)))
  const offsets = async (query: string) =>
    (await get(`/admin/dlq?${query}`)).body.data.map((letter: { source: { offset: number } }) => letter.source.offset)
  assert.deepEqual((await offsets('state=open')).toSorted(), [1, 2])
  assert.deepEqual(await offsets('state=dismissed'), [])
  assert.deepEqual(await offsets('reason=MALFORMED_RECORD'), [2])
  assert.deepEqual(await offsets('eventType=x'), [1])
  assert.deepEqual(await offsets('tenant=acme'), [1])
  assert.deepEqual(await offsets('q=PAYLOAD'), [1])
})

test('list, groups and count take one filter in one meaning', async (t) => {
  const { get, store, sql } = await openTestAdmin(t)
  await store.settle(
    aBatch(
      aRecord({ offset: 1, payload: '7' }),
      aRecord({ offset: 2, payload: '7', tenant: 'umbrella' }),
      aRecord({ offset: 3, eventType: '' }),
      anUnreadableRecord(4),
    ),
  )
  await sql(`UPDATE dead_letters SET state = 'dismissed' WHERE source_offset = 1`)
  const filters = ['', 'state=open', 'state=dismissed', 'pointer=/payload', 'pointer=', 'tenant=acme', 'q=key-3']
  for (const [index, matching] of [4, 3, 1, 2, 1, 2, 1].entries()) {
    const query = filters[index]
    const [list, groups, count] = await Promise.all([
      get(`/admin/dlq?${query}`),
      get(`/admin/dlq/groups?${query}`),
      get(`/admin/dlq/count?${query}`),
    ])
    assert.deepEqual(
      [query, list.body.data.length, groups.body.total, count.body.count, count.body.exact],
      [query, matching, matching, matching, true],
    )
  }
  const { data, group_count } = (await get('/admin/dlq/groups?limit=1')).body
  const [{ first_seen, last_seen, example_id, ...largest }] = data
  assert.deepEqual(largest, {
    reason: 'INVALID_FIELD',
    pointer: '/payload',
    count: 2,
    share: 0.5,
    tenants: [
      { tenant_id: 'acme', count: 1 },
      { tenant_id: 'umbrella', count: 1 },
    ],
    tenant_count: 2,
  })
  assert.deepEqual([group_count, data.length], [3, 1])
  assert.ok(Date.parse(first_seen) <= Date.parse(last_seen))
  assert.equal((await get(`/admin/dlq/${example_id}`)).body.pointer, '/payload')
})

test('there is no dead letter of an unknown id', async (t) => {
  const { get } = await openTestAdmin(t)
  const { status, body } = await get('/admin/dlq/0197a5b0-0000-7000-8000-000000000000')
  assert.deepEqual([status, body.code], [404, 'NOT_FOUND'])
})
