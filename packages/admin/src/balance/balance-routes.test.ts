import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BalanceBody, BalanceMinute } from '@sluice/contract/admin-api/balance'
import { RAW_TOPIC } from '@sluice/contract/topics'
import type { EventLog } from '@sluice/event-log'
import type { SettleRecord } from '@sluice/event-store/event-store'
import { aBatch, aRecord, repeatOf } from '@sluice/event-store/testing/settle-records'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { appendAccepted, commitAll, KEPT_LONG, logIsAway, openTestAdmin } from '../testing/test-admin.ts'
import { createReconciler } from './reconciler.ts'

const minutesAgo = (n: number) => new Date(Date.now() - n * 60_000).toISOString()

/** Appends records as they are and says where each came to lie. */
async function append(eventLog: EventLog, ...records: SettleRecord[]): Promise<SettleRecord[]> {
  const outcomes = await eventLog.append(
    RAW_TOPIC,
    records.map(({ original }) => ({ key: 'k', value: original, headers: {} })),
  )
  return records.map((record, index) => {
    const outcome = outcomes[index]
    assert.ok(outcome?.type === 'done')
    return { ...record, partition: outcome.partition, offset: outcome.offset }
  })
}

async function openBalance(t: Parameters<typeof openTestAdmin>[0], options: Parameters<typeof openTestAdmin>[1] = {}) {
  const admin = await openTestAdmin(t, options)
  const { pool, eventLog } = admin
  const memory = createMemoryLog()
  const reconciler = createReconciler({
    pool,
    eventLog,
    retentionMs: options.retentionMs ?? KEPT_LONG,
    log: memory.log,
  })
  t.after(() => reconciler[Symbol.asyncDispose]())
  const balance = async (query = ''): Promise<BalanceBody> => {
    const { status, body } = await admin.get(`/admin/balance${query}`)
    assert.equal(status, 200)
    return body
  }
  const compareAll = async () => {
    while (!(await reconciler.round()));
  }
  /** Looks at minutes that are all compared: one that ends between the two is not yet. */
  const whenCompared = (look: () => Promise<void>) =>
    eventually(async () => {
      await compareAll()
      await look()
      return true
    })
  return { ...admin, memory, compareAll, whenCompared, balance }
}

const sumOf = ({ accepted, stored, dead_lettered, repeats, waiting, gap }: BalanceBody | BalanceMinute) => ({
  accepted,
  stored,
  dead_lettered,
  repeats,
  waiting,
  gap,
})
const busyMinute = ({ per_minute }: BalanceBody) => per_minute.find(({ stored, repeats }) => stored + repeats > 0)

test('what was accepted is stored, dead-lettered, a repeat or waiting, and nothing is missing', async (t) => {
  const { balance, eventLog, store, compareAll } = await openBalance(t)
  const receivedAt = minutesAgo(3)
  const first = aRecord({ offset: 0, receivedAt })
  const records = await append(
    eventLog,
    first,
    repeatOf(first, 0),
    aRecord({ offset: 0, key: 'bad', payload: '7', receivedAt }),
    aRecord({ offset: 0, key: 'other', tenant: 'umbrella', receivedAt }),
  )
  await store.settle(aBatch(...records))
  await appendAccepted(eventLog)
  await compareAll()
  const all = await balance()
  assert.deepEqual(sumOf(all), { accepted: 5, stored: 2, dead_lettered: 1, repeats: 1, waiting: 1, gap: 0 })
  assert.deepEqual(all.positions, { settled: 4, counted: 4, lost_unread: 0 })
  assert.deepEqual([all.settled, all.per_minute.length, all.candidates], [false, 60, []])
  const minute = busyMinute(all)
  assert.ok(minute)
  assert.deepEqual(
    { ...sumOf(minute), settled: minute.settled },
    { accepted: 4, stored: 2, dead_lettered: 1, repeats: 1, waiting: 0, gap: 0, settled: true },
  )
  const own = await balance('?tenant=umbrella')
  assert.deepEqual(sumOf(own), { accepted: 1, stored: 1, dead_lettered: 0, repeats: 0, waiting: 0, gap: 0 })
  assert.equal((await balance('?tenant=acme')).waiting, 1)
})

test('while records of a minute may wait it is settling, and settled once all is compared', async (t) => {
  const { balance, eventLog, store, whenCompared } = await openBalance(t)
  const receivedAt = minutesAgo(2)
  const [waiting] = await append(eventLog, aRecord({ offset: 0, receivedAt }))
  await whenCompared(async () => {
    const before = await balance('?minutes=10')
    assert.deepEqual(
      [before.settled, before.per_minute.filter(({ settled }) => !settled).map((minute) => minute.waiting)],
      [false, [1, 0]], // the minute of the waiting one, and the running minute
    )
  })
  assert.ok(waiting)
  await store.settle(aBatch(waiting))
  await commitAll(eventLog)
  await whenCompared(async () => assert.equal((await balance('?minutes=10')).settled, true))
})

test('a row lost behind our back is a gap, with the receipt that it may be', async (t) => {
  const { balance, eventLog, store, compareAll, sql, memory, get, heartbeats } = await openBalance(t)
  const receivedAt = minutesAgo(3)
  const records = await append(
    eventLog,
    ...['a', 'b', 'c'].map((key) => aRecord({ offset: 0, key, receivedAt })),
    aRecord({ offset: 0, key: 'a', tenant: 'umbrella', receivedAt }),
  )
  await store.settle(aBatch(...records))
  await commitAll(eventLog)
  await sql(`DELETE FROM events WHERE tenant_id = 'acme' AND idempotency_key = 'b'`)
  await compareAll()
  const lost = records[1]?.head?.receiptId
  const all = await balance()
  assert.deepEqual(sumOf(all), { accepted: 4, stored: 3, dead_lettered: 0, repeats: 0, waiting: 0, gap: 1 })
  assert.deepEqual(
    all.candidates.map(({ receipt_id, tenant_id, source }) => [receipt_id, tenant_id, source.offset]),
    [[lost, 'acme', 1]],
  )
  assert.deepEqual([busyMinute(all)?.gap, (await balance('?tenant=umbrella')).gap], [1, 0])
  await heartbeats.beat({ lastTurnAt: new Date(), waitsFor: null, partitions: [0] })
  const { status, reasons } = (await get('/admin/health')).body
  assert.equal(status, 'degraded')
  assert.match(reasons.join(), /^Accepted events without a row: 1\./)
  assert.deepEqual(
    memory.lines.filter(({ level }) => level === 'error' || Number(level) >= 50).map(({ event }) => event),
    ['balance.gap', 'balance.gap_searched'],
  )

  // Found again, it is no gap any more.
  const again = records[1]
  assert.ok(again)
  await store.settle(aBatch(again))
  await sql("UPDATE balance_checks SET checked_at = checked_at - interval '1 hour'")
  await compareAll()
  assert.deepEqual([(await balance()).gap, (await balance()).candidates], [0, []])
})

test('a row that nobody counted is a gap below 0', async (t) => {
  const { balance, store, compareAll, sql } = await openBalance(t)
  await store.settle(aBatch(aRecord({ offset: 0, receivedAt: minutesAgo(3) })))
  await sql('DELETE FROM balance_minute')
  await compareAll()
  const { per_minute } = await balance()
  assert.deepEqual(
    per_minute.filter(({ gap }) => gap !== 0 && gap !== null).map(({ gap }) => gap),
    [-1],
  )
})

test('positions settled and not counted, and records that left the log unread, are a gap of all tenants', async (t) => {
  const { balance, eventLog, store, sql } = await openBalance(t, {
    eventLog: (log) => ({
      lag: async (topic, group) =>
        (await log.lag(topic, group)).map((one) => (one.end === 4n ? { ...one, start: 3n } : one)),
    }),
  })
  const records = await append(eventLog, ...['a', 'b', 'c', 'd'].map((key) => aRecord({ offset: 0, key })))
  await store.settle(aBatch(...records.slice(0, 2)))
  // The third left the log before it was read.
  const unread = await balance()
  assert.deepEqual([unread.positions?.lost_unread, unread.gap, unread.waiting], [1, 1, 1])
  await sql('UPDATE settled_offsets SET next = 4')
  const skipped = await balance()
  assert.deepEqual([skipped.positions, skipped.gap], [{ settled: 4, counted: 2, lost_unread: 0 }, 2])
  assert.equal((await balance('?tenant=acme')).gap, 0)
})

test('of minutes whose closed dead letters may be gone it is not answerable whether any is missing', async (t) => {
  const hour = 3_600_000
  const { balance, eventLog, store, compareAll, whenCompared, sql, memory } = await openBalance(t, {
    retentionMs: { events: 24 * hour, deadLetters: hour, log: hour },
  })
  const [old, young] = await append(
    eventLog,
    ...[90, 3].map((ago) => aRecord({ offset: 0, key: `bad-${ago}`, payload: '7', receivedAt: minutesAgo(ago) })),
  )
  assert.ok(old && young)
  await store.settle(aBatch(old, young))
  await commitAll(eventLog)
  // Dismissed, and deleted for its age.
  await sql(`DELETE FROM dead_letters WHERE idempotency_key = 'bad-90'`)
  await compareAll()
  const day = await balance('?minutes=1440')
  assert.deepEqual([day.gap, day.settled, day.candidates], [null, false, []])
  const since = Date.parse(day.comparable_since)
  assert.equal(Math.floor(Date.parse(day.as_of) / 60_000) - since / 60_000, 49)
  for (const { minute, gap, settled } of day.per_minute)
    if (Date.parse(minute) < since) assert.deepEqual([minute, gap, settled], [minute, null, false])
  await whenCompared(async () => {
    const young45 = await balance('?minutes=45')
    assert.deepEqual([young45.gap, young45.settled], [0, true])
  })
  assert.deepEqual(memory.lines, [])
})

test('while the log is away what waits is unknown, and the rows are answered', async (t) => {
  const { balance, store } = await openBalance(t, { eventLog: logIsAway })
  await store.settle(aBatch(aRecord({ offset: 0 })))
  const { accepted, stored, waiting, gap, positions, settled } = await balance()
  assert.deepEqual(
    { accepted, stored, waiting, gap, positions, settled },
    { accepted: null, stored: 1, waiting: null, gap: null, positions: null, settled: false },
  )
})
