import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ThroughputMinute } from '@sluice/contract/admin-api/overview'
import { aBatch, aRecord } from '@sluice/event-store/testing/settle-records'
import { gateIsAway, openTestAdmin } from '../testing/test-admin.ts'

const MINUTE_MS = 60_000
/** The start of the minute so many minutes ago, by this machine, whose clock the test's database shares. */
const minutesAgo = (n: number) => new Date((Math.floor(Date.now() / MINUTE_MS) - n) * MINUTE_MS)

/** A gate that has counted since then: 5 accepted of acme in each minute, 2 of umbrella. In the next one too, which may begin before the answer. */
const countingSince = (since: Date) => () => ({
  counts: async (tenantId: string | null, minutes: number) => ({
    since,
    minutes: Array.from({ length: minutes + 1 }, (_, n) => minutesAgo(minutes - 1 - n)).flatMap((minute) =>
      [
        { minute, tenantId: 'acme', accepted: 5, duplicates: 1, limited: 2 },
        { minute, tenantId: 'umbrella', accepted: 2, duplicates: 0, limited: 0 },
      ].filter((counts) => tenantId === null || counts.tenantId === tenantId),
    ),
  }),
})

test('each minute has what the gate saw and what the store kept, the running one last', async (t) => {
  const { get, store } = await openTestAdmin(t, { gate: countingSince(minutesAgo(600)) })
  await store.settle(
    aBatch(aRecord({ offset: 1 }), aRecord({ offset: 2, eventType: '' }), aRecord({ offset: 3, tenant: 'umbrella' })),
  )
  const { status, body } = await get('/admin/throughput?minutes=3')
  assert.equal(status, 200)
  const minutes: ThroughputMinute[] = body.data
  assert.deepEqual(
    minutes.map(({ complete }) => complete),
    [true, true, false],
  )
  // The settle may have happened just before the minute turned.
  const busy = minutes.find(({ stored }) => stored !== 0)
  const { minute, complete, end_to_end_p95_ms, ...counts } = busy ?? assert.fail('no minute with a stored event')
  assert.deepEqual(counts, { accepted: 7, stored: 2, duplicates: 1, rate_limited: 2, dead_lettered: 1 })
  assert.ok((end_to_end_p95_ms ?? 0) > 0)
  assert.deepEqual(minutes[0], {
    minute: minutes[0]?.minute,
    accepted: 7,
    stored: 0,
    duplicates: 1,
    rate_limited: 2,
    dead_lettered: 0,
    end_to_end_p95_ms: null,
    complete: true,
  })
  const own: ThroughputMinute[] = (await get('/admin/throughput?minutes=3&tenant=umbrella')).body.data
  assert.deepEqual([own[0]?.accepted, own.reduce((sum, { stored }) => sum + (stored ?? 0), 0)], [2, 1])
  assert.equal((await get('/admin/throughput')).body.data.length, 60)
})

test('minutes that the gate has counted in part, or not at all, are unknown', async (t) => {
  const partly = minutesAgo(2).getTime()
  const since = new Date(partly + 1)
  const { get, store } = await openTestAdmin(t, { gate: countingSince(since) })
  await store.settle(aBatch(aRecord({ offset: 1, receivedAt: minutesAgo(60).toISOString() })))
  const { data, counted_since } = (await get('/admin/throughput?minutes=4')).body
  assert.equal(counted_since, since.toISOString())
  const byMinute = new Map(data.map((minute: ThroughputMinute) => [minute.minute, minute.accepted]))
  assert.deepEqual(
    [partly, partly + MINUTE_MS].map((at) => byMinute.get(new Date(at).toISOString())),
    [null, 7],
  )
})

test('before the very first event there was nothing to count, so nothing is unknown', async (t) => {
  const since = new Date(minutesAgo(1).getTime() + 30_000)
  const { get, store } = await openTestAdmin(t, { gate: () => ({ counts: async () => ({ since, minutes: [] }) }) })
  const accepted = async () =>
    (await get('/admin/throughput?minutes=4')).body.data.map((one: ThroughputMinute) => one.accepted)
  assert.deepEqual(await accepted(), [0, 0, 0, 0])
  await store.settle(aBatch(aRecord({ offset: 1, receivedAt: since.toISOString() })))
  assert.deepEqual(await accepted(), [0, 0, 0, 0])
})

test('what an engine that is away would know is null, the rest is answered', async (t) => {
  const noGate = await openTestAdmin(t, { gate: gateIsAway })
  const [first] = (await noGate.get('/admin/throughput?minutes=1')).body.data
  assert.deepEqual([first.accepted, first.duplicates, first.rate_limited, first.stored], [null, null, null, 0])
  const noStore = await openTestAdmin(t, { storeIsAway: true, gate: countingSince(minutesAgo(600)) })
  const { data } = (await noStore.get('/admin/throughput?minutes=2')).body
  assert.deepEqual(
    data.map(({ accepted, stored, complete }: ThroughputMinute) => [accepted, stored, complete]),
    [
      [7, null, true],
      [7, null, false],
    ],
  )
})
