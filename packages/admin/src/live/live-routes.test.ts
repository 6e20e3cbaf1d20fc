import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { encodeEnvelope } from '@sluice/contract/envelope'
import { RAW_TOPIC } from '@sluice/contract/topics'
import { type EventLog, LogUnavailableError } from '@sluice/event-log'
import { createEventStore } from '@sluice/event-store/settle-batch'
import { aBatch, aRecord, repeatOf } from '@sluice/event-store/testing/settle-records'
import { listen } from '@sluice/runtime/http-server'
import { openPool } from '@sluice/runtime/postgres'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { readLive } from '../testing/read-live.ts'
import { settleWaiting } from '../testing/settle-waiting.ts'
import { logIsAway, openTestAdmin } from '../testing/test-admin.ts'

type Wish = { id: string; tenant?: string; type?: string }

/** Puts accepted events into the log, each into the lane of its tenant. */
async function accept(eventLog: EventLog, ...wishes: Wish[]): Promise<void> {
  const records = wishes.map(({ id, tenant = 'acme', type = 'order.created' }) => {
    const { head } = aRecord({ offset: 0, key: id, tenant })
    assert.ok(head)
    const body = `{"event_id":"${id}","event_type":"${type}","schema_version":1,"occurred_at":"2026-05-04T10:00:00Z","payload":{}}`
    return { key: tenant, value: encodeEnvelope(head, Buffer.from(body)), headers: {} }
  })
  for (const outcome of await eventLog.append(RAW_TOPIC, records)) assert.equal(outcome.type, 'done')
}

test('what is accepted, stored and set aside is told as it happens, and nothing of before', async (t) => {
  const { app, eventLog, store } = await openTestAdmin(t)
  await accept(eventLog, { id: 'before' })
  await settleWaiting(eventLog, store)
  const live = await readLive(t, app)
  assert.deepEqual(
    [live.status, live.headers['content-type'], live.headers['cache-control']],
    [200, 'text/event-stream', 'no-store'],
  )
  const open = JSON.parse((await live.untilEvent('open')).data)
  assert.deepEqual([open.resumed, open.max_per_second], [false, 500])
  await accept(eventLog, { id: 'good' }, { id: 'bad', type: '' })
  await live.untilTold(2)
  await settleWaiting(eventLog, store)
  await live.untilTold(4)
  assert.deepEqual(live.told().slice(0, 2), ['accepted good', 'accepted bad'])
  assert.deepEqual(live.told().slice(2).sort(), ['dead_lettered bad', 'stored good'])
  const bad = live.items().find(({ outcome }) => outcome === 'dead_lettered')
  assert.deepEqual(
    [bad?.tenant_id, bad?.event_type, bad?.reason, bad?.pointer, bad?.source.topic, bad?.idempotency_key],
    ['acme', null, 'INVALID_FIELD', '/event_type', 'events.raw', 'bad'],
  )
  assert.equal((await eventually(() => bad?.dead_letter_id))?.length, 36)
})

test('it is filtered by tenant, by type and by outcome', async (t) => {
  const { app, eventLog, store } = await openTestAdmin(t)
  const [ofTenant, ofType, ofOutcome] = await Promise.all(
    ['?tenant=umbrella', '?eventType=user.left', '?outcome=dead_lettered'].map((query) => readLive(t, app, query)),
  )
  await accept(
    eventLog,
    { id: 'a' },
    { id: 'b', tenant: 'umbrella' },
    { id: 'c', type: 'user.left' },
    { id: 'd', type: '' },
  )
  await settleWaiting(eventLog, store)
  await Promise.all([ofTenant?.untilTold(2), ofType?.untilTold(2), ofOutcome?.untilTold(1)])
  assert.deepEqual(ofTenant?.told().sort(), ['accepted b', 'stored b'])
  assert.deepEqual(ofType?.told().sort(), ['accepted c', 'stored c'])
  assert.deepEqual(ofOutcome?.told(), ['dead_lettered d'])
})

test('a transaction that commits after another with newer rows is told all the same', async (t) => {
  const { app, url, eventLog, store, pool } = await openTestAdmin(t)
  // Two partitions, each settled by a processor of its own.
  const [late, early] = [
    aRecord({ offset: 0, partition: 0, key: 'late' }),
    aRecord({ offset: 0, partition: 1, key: 'early' }),
  ]
  const live = await readLive(t, app, '?outcome=stored')
  const taken = await Promise.all(
    [late, early].map(async (record) => {
      const [outcome] = await eventLog.append(RAW_TOPIC, [
        { key: record.head?.idempotencyKey ?? '', value: record.original, headers: {} },
      ])
      assert.ok(outcome?.type === 'done')
      return { ...record, partition: outcome.partition, offset: outcome.offset }
    }),
  )
  assert.notEqual(taken[0]?.partition, taken[1]?.partition, 'the two keys must lie in different partitions')
  const [first, second] = taken
  assert.ok(first && second)
  // Another transaction holds the key of the late one: its batch has its time already, and waits before it commits.
  const blocker = await pool.connect()
  await blocker.query('BEGIN')
  await blocker.query('SET LOCAL idle_in_transaction_session_timeout = 0')
  await blocker.query(
    `INSERT INTO events (id, tenant_id, event_id, idempotency_key, event_type, schema_version, occurred_at, received_at,
       processed_at, payload, fingerprint, source_id, source_offset)
     VALUES (gen_random_uuid(), 'acme', 'x', 'late', 'x', 1, now(), now(), now(), '{}', '', 0, 0)`,
  )
  // It waits for as long as this test needs; a processor would give up after 3 s and begin anew.
  const limits = { statementTimeoutMs: 60_000, lockTimeoutMs: 60_000, queryTimeoutMs: 60_000 }
  await using patient = openPool({ url, max: 1, applicationName: 'sluice-test', ...limits, log: createMemoryLog().log })
  const settling = createEventStore({ pool: patient, shard: 0 }).settle(aBatch(first))
  await eventually(async () => {
    const { rows } = await pool.query(
      `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    )
    return rows.length > 0
  })
  await store.settle(aBatch(second))
  await live.untilTold(1)
  assert.deepEqual(live.told(), ['stored event-early'])
  await blocker.query('ROLLBACK')
  blocker.release()
  await settling
  await live.untilTold(2)
  const [newer, older] = live.items()
  assert.equal(older?.event_id, 'event-late')
  assert.ok(
    Date.parse(older.at) <= Date.parse(newer?.at ?? ''),
    'the late one has the older time: this is the case that is meant',
  )
})

test('a repeat stores nothing and is told as accepted only', async (t) => {
  const { app, eventLog, store } = await openTestAdmin(t)
  const live = await readLive(t, app)
  const record = aRecord({ offset: 0 })
  for (const { original } of [record, repeatOf(record, 1, record.head?.receiptId)])
    await eventLog.append(RAW_TOPIC, [{ key: 'acme', value: original, headers: {} }])
  await live.untilTold(2)
  await settleWaiting(eventLog, store)
  await live.untilTold(3)
  await accept(eventLog, { id: 'after' })
  await live.untilTold(4)
  assert.deepEqual(live.told(), [
    'accepted event-key-0',
    'accepted event-key-0',
    'stored event-key-0',
    'accepted after',
  ])
})

test('a redrive is told by what it becomes, not as accepted again', async (t) => {
  const { app, post, eventLog, store, redrives } = await openTestAdmin(t)
  await accept(eventLog, { id: 'bad', type: '' })
  await settleWaiting(eventLog, store)
  const live = await readLive(t, app)
  const { body } = await (async () => {
    const { data } = (await app.inject({ url: '/admin/dlq', headers: { host: 'localhost' } })).json()
    return post(`/admin/dlq/${data[0].id}/redrive`, {
      operation_id: '0197a5b0-0000-7000-8000-000000000001',
      edit: [{ op: 'replace', path: '/event_type', value: 'order.created' }],
    })
  })()
  assert.ok(body.job_id)
  await eventually(async () => {
    await redrives.turn()
    return (await eventLog.lag(RAW_TOPIC, 'sluice-processor')).some(({ lag }) => lag !== 0n)
  })
  await settleWaiting(eventLog, store)
  await live.untilTold(1)
  assert.deepEqual(live.told(), ['stored bad'])
})

test('who comes back with the Last-Event-ID misses nothing', async (t) => {
  const { app, eventLog, store } = await openTestAdmin(t)
  const live = await readLive(t, app)
  await accept(eventLog, { id: 'one' })
  await live.untilTold(1)
  await eventually(() => live.lastEventId() !== '~' && live.lastEventId().includes('-1'))
  const id = live.lastEventId()
  live.close()
  await accept(eventLog, { id: 'two' })
  await settleWaiting(eventLog, store)
  const again = await readLive(t, app, '', { 'last-event-id': id })
  assert.equal(JSON.parse((await again.untilEvent('open')).data).resumed, true)
  await again.untilTold(3)
  assert.deepEqual(again.told().sort(), ['accepted two', 'stored one', 'stored two'])
  const foreign = await app.inject({ url: '/admin/live', headers: { host: 'localhost', 'last-event-id': 'x' } })
  assert.equal(foreign.statusCode, 400)
})

test('while the log is away the stream says so, and goes on where it stopped', async (t) => {
  let away = false
  const { app, eventLog } = await openTestAdmin(t, {
    eventLog: (log) => ({
      lag: async (...question) => {
        if (away) throw new LogUnavailableError('away')
        return log.lag(...question)
      },
    }),
  })
  const live = await readLive(t, app)
  away = true
  assert.equal(JSON.parse((await live.untilEvent('interrupted')).data).code, 'LOG_UNAVAILABLE')
  await accept(eventLog, { id: 'meanwhile' })
  away = false
  await live.untilTold(1)
  assert.deepEqual(live.told(), ['accepted meanwhile'])
  assert.deepEqual(
    live.events.map(({ event }) => event),
    ['open', 'interrupted', 'resumed', 'item'],
  )
  const refused = await (await openTestAdmin(t, { eventLog: logIsAway })).get('/admin/live')
  assert.deepEqual([refused.status, refused.body.code], [503, 'LOG_UNAVAILABLE'])
})

test('of a flood a part is shown, and the rest is counted to the last one', async (t) => {
  const { app, eventLog } = await openTestAdmin(t)
  const live = await readLive(t, app, '?outcome=accepted')
  const flood = Array.from({ length: 3_000 }, (_, index) => ({ id: `e-${index}` }))
  await accept(eventLog, ...flood)
  const leftOut = () => live.events.filter(({ event }) => event === 'left_out').map(({ data }) => JSON.parse(data))
  await eventually(() => leftOut().reduce((sum, { matched }) => sum + matched, 0) === 3_000)
  const sampled = leftOut().reduce((sum, { sampled: count }) => sum + count, 0)
  assert.equal(live.items().length + sampled, 3_000)
  assert.ok(live.items().length >= 500, `${live.items().length}`)
  for (const { matched, shown, sampled: left, slow, unread } of leftOut())
    assert.deepEqual([matched, slow, unread], [shown + left, 0, 0])
})

test('who comes back from too far away is told how much nobody looked at', async (t) => {
  const { app, eventLog } = await openTestAdmin(t)
  const live = await readLive(t, app)
  await accept(eventLog, { id: 'one' })
  await eventually(() => live.lastEventId().includes('-1'))
  const id = live.lastEventId()
  live.close()
  for (let thousand = 0; thousand < 12; thousand += 1)
    await accept(eventLog, ...Array.from({ length: 1_000 }, (_, index) => ({ id: `${thousand}-${index}` })))
  const again = await readLive(t, app, '?outcome=accepted', { 'last-event-id': id })
  const { data } = await again.untilEvent('left_out')
  assert.equal(JSON.parse(data).unread, 2_000)
})

test('only so many streams are open, and a place is free once a reader has left', async (t) => {
  const { app } = await openTestAdmin(t)
  const server = await listen(app, { host: '127.0.0.1', port: 0, log: createMemoryLog().log, shutdownDelayMs: 0 })
  t.after(() => server[Symbol.asyncDispose]())
  const readers = Array.from({ length: 10 }, () => new AbortController())
  t.after(() => {
    for (const reader of readers) reader.abort()
  })
  const open = (signal: AbortSignal | null = null) => fetch(`${server.address}/admin/live`, { signal })
  const streams = await Promise.all(readers.map(({ signal }) => open(signal)))
  assert.ok(streams.every(({ status }) => status === 200))
  const refused = await open()
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1'])
  assert.equal(((await refused.json()) as { code: string }).code, 'OVERLOADED')
  readers[0]?.abort()
  const last = new AbortController()
  readers.push(last)
  await eventually(async () => (await open(last.signal)).status === 200)
  // Fastify, which these tests close before their own server, would wait for them.
  for (const reader of readers) reader.abort()
})

test('HEAD opens no stream', async (t) => {
  const { app } = await openTestAdmin(t)
  for (let times = 0; times < 11; times += 1) {
    const { statusCode, headers, body } = await app.inject({
      method: 'HEAD',
      url: '/admin/live',
      headers: { host: 'localhost' },
    })
    assert.deepEqual([statusCode, headers['content-type'], body], [200, 'text/event-stream', ''])
  }
})

test('a reader that takes nothing does not delay the end of the server', async (t) => {
  const { app, live } = await openTestAdmin(t)
  const server = await listen(app, { host: '127.0.0.1', port: 0, log: createMemoryLog().log, shutdownDelayMs: 0 })
  t.after(() => server[Symbol.asyncDispose]())
  const socket = connect(server.port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.write('GET /admin/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(socket, 'readable')
  const unread = await live.open({}, null)
  const start = performance.now()
  await live[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  const tookMs = performance.now() - start
  assert.ok(unread.destroyed)
  assert.ok(tookMs < 7_000, `${tookMs} ms; the limit for answers in hand is 8 s`)
})

test('on leaving every stream gets a word and ends, and nobody is let in', async (t) => {
  const { app, get, live } = await openTestAdmin(t)
  const stream = await readLive(t, app)
  await live[Symbol.asyncDispose]()
  await eventually(() => stream.ended())
  assert.equal(JSON.parse((await stream.untilEvent('closing')).data).reason, 'shutting_down')
  const refused = await get('/admin/live')
  assert.deepEqual([refused.status, refused.body.code], [503, 'SHUTTING_DOWN'])
})
