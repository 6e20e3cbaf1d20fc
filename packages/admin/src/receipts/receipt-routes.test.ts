import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newReceiptId } from '@sluice/contract/identifiers'
import { aBatch, aRecord, repeatOf } from '@sluice/event-store/testing/settle-records'
import { appendAccepted, commitAll, logIsAway, openTestAdmin } from '../testing/test-admin.ts'

const OF_UMBRELLA = '0197a5b0-0000-7000-8000-00000000000b'
const stepsOf = (body: { steps: { step: string }[] }) => body.steps.map(({ step }) => step)

test('an event that waits in the log is waiting, with its place', async (t) => {
  const { get, eventLog } = await openTestAdmin(t)
  await appendAccepted(eventLog)
  const receipt = await appendAccepted(eventLog)
  const { status, body } = await get(`/admin/receipts/${receipt}`)
  assert.deepEqual([status, body.state, body.certain, stepsOf(body)], [200, 'waiting', true, ['accepted', 'appended']])
  assert.deepEqual([body.steps[1].source.topic, body.steps[1].source.offset], ['events.raw', 1])
  assert.equal(body.ahead, 1)
  assert.ok(Date.parse(body.oldest_waiting_at) <= Date.parse(body.steps[1].at))
})

test('a receipt that nobody gave out is unknown, which is no error', async (t) => {
  const { get, eventLog } = await openTestAdmin(t)
  await appendAccepted(eventLog)
  const { status, body } = await get(`/admin/receipts/${newReceiptId(Date.now())}`)
  assert.deepEqual([status, body.state, body.certain, body.steps], [200, 'unknown', true, []])
})

test('what was committed does not wait any more', async (t) => {
  const { get, eventLog } = await openTestAdmin(t)
  const receipt = await appendAccepted(eventLog)
  await commitAll(eventLog)
  assert.equal((await get(`/admin/receipts/${receipt}`)).body.state, 'unknown')
})

test('a stored event is stored, also under the receipt of its repeat', async (t) => {
  const { get, store } = await openTestAdmin(t)
  const record = aRecord({ offset: 1 })
  const repeat = newReceiptId(Date.now())
  await store.settle(aBatch(record))
  await store.settle(aBatch(repeatOf(record, 2, repeat)))
  for (const receipt of [record.head?.receiptId, repeat]) {
    const { body } = await get(`/admin/receipts/${receipt}`)
    assert.deepEqual(
      [body.receipt_id, body.state, stepsOf(body)],
      [receipt, 'stored', ['accepted', 'appended', 'stored']],
    )
    assert.equal(body.event.receipt_id, record.head?.receiptId)
    assert.equal('dead_letter' in body, false)
    assert.equal(body.repeats.count, 1)
    assert.ok(Date.parse(body.repeats.last_at) > Date.parse(body.event.processed_at) - 1)
  }
})

test('when the log took an event is told as long as the log holds that very record', async (t) => {
  const { get, eventLog, store } = await openTestAdmin(t)
  const record = aRecord({ offset: 0 })
  const [outcome] = await eventLog.append('events.raw', [{ key: 'a', value: record.original, headers: {} }])
  assert.ok(outcome?.type === 'done')
  const { partition } = outcome
  const gone = aRecord({ offset: 1, partition })
  await store.settle(aBatch({ ...record, partition }, gone))
  const [kept, left] = await Promise.all(
    [record, gone].map(async ({ head }) => (await get(`/admin/receipts/${head?.receiptId}`)).body.steps[1]),
  )
  assert.deepEqual(kept.source, { topic: 'events.raw', partition, offset: 0 })
  assert.ok(Date.now() - Date.parse(kept.at) < 60_000)
  assert.deepEqual(left, { step: 'appended', at: null, source: { topic: 'events.raw', partition, offset: 1 } })
})

test('a dead letter’s receipt tells why, and what happened since', async (t) => {
  const { get, store, sql } = await openTestAdmin(t)
  const record = aRecord({ offset: 1, payload: '7' })
  const [outcome] = await store.settle(aBatch(record))
  assert.ok(outcome?.type === 'dead_letter')
  const url = `/admin/receipts/${record.head?.receiptId}`
  const open = (await get(url)).body
  assert.deepEqual([open.state, stepsOf(open)], ['dead_lettered', ['accepted', 'appended', 'dead_lettered']])
  assert.deepEqual([open.steps[2].reason, open.dead_letter.pointer], ['INVALID_FIELD', '/payload'])

  await sql(`UPDATE dead_letters SET state = 'dismissed', closed_at = now()`)
  await sql(`INSERT INTO dead_letter_history VALUES ($1, now(), 'dismissed', 'ada', 'a test')`, [outcome.deadLetterId])
  const dismissed = (await get(url)).body
  assert.deepEqual(
    [dismissed.state, stepsOf(dismissed)],
    ['dismissed', ['accepted', 'appended', 'dead_lettered', 'dismissed']],
  )
  assert.equal(dismissed.steps[3].by, 'ada')
})

test('what was settled while the log was read is found at the second look', async (t) => {
  const record = aRecord({ offset: 1 })
  let settle = async () => {}
  const { get, store } = await openTestAdmin(t, {
    eventLog: (log) => ({
      async lag(topic, group) {
        await settle()
        return log.lag(topic, group)
      },
    }),
  })
  settle = async () => {
    await store.settle(aBatch(record))
  }
  assert.equal((await get(`/admin/receipts/${record.head?.receiptId}`)).body.state, 'stored')
})

test('while the log is away stored events are found, and of the rest nothing is claimed', async (t) => {
  const { get, store } = await openTestAdmin(t, { eventLog: logIsAway })
  const record = aRecord({ offset: 1 })
  await store.settle(aBatch(record))
  assert.equal((await get(`/admin/receipts/${record.head?.receiptId}`)).body.state, 'stored')
  const { status, body, headers } = await get(`/admin/receipts/${newReceiptId(Date.now())}`)
  assert.deepEqual([status, body.code], [503, 'LOG_UNAVAILABLE'])
  assert.ok(Number(headers['retry-after']) >= 1)
})

test('S3: a tenant sees its own events by receipt, and others’ not at all', async (t) => {
  const { get, store, eventLog } = await openTestAdmin(t, { adminToken: 'correct-horse-battery' })
  const stored = aRecord({ offset: 1 })
  await store.settle(aBatch(stored, aRecord({ offset: 2, tenant: 'umbrella', payload: '7', receipt: OF_UMBRELLA })))
  const waiting = await appendAccepted(eventLog)
  const ask = (receipt = '', key = 'key-of-acme-0123456789') => get(`/receipts/${receipt}`, { 'x-api-key': key })
  const own = await ask(stored.head?.receiptId)
  assert.deepEqual([own.status, own.body.state, own.body.event.tenant_id], [200, 'stored', 'acme'])
  assert.deepEqual((await ask(waiting)).body.state, 'waiting')
  const umbrella = 'key-of-umbrella-0123456789'
  assert.equal((await ask(OF_UMBRELLA, umbrella)).body.state, 'dead_lettered')
  const foreign = [
    await ask(OF_UMBRELLA),
    await ask(stored.head?.receiptId, umbrella),
    await ask(waiting, umbrella),
    await ask(newReceiptId(Date.now())),
  ]
  for (const { status, body } of foreign) assert.deepEqual([status, body.code], [404, 'NOT_FOUND'])
  assert.equal(new Set(foreign.map(({ body }) => body.detail)).size, 1)
  for (const key of ['', 'wrong', 'correct-horse-battery']) {
    const { status, body } = await ask(stored.head?.receiptId, key)
    assert.deepEqual([status, body.code], [401, 'UNAUTHENTICATED'])
  }
})
