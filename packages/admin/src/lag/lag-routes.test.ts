import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appendAccepted, commitAll, gateIsAway, logIsAway, openTestAdmin } from '../testing/test-admin.ts'

const BEAT = { lastTurnAt: new Date(), waitsFor: null, partitions: [0, 1] }
type Partition = { partition: number; lag: number; committed: number | null; oldest_waiting_at: string | null }

test('lag is told without any processor, for partitions without a commit from their start', async (t) => {
  const { get, eventLog } = await openTestAdmin(t)
  const before = Date.now()
  for (let n = 0; n < 3; n += 1) await appendAccepted(eventLog)
  const { status, body } = await get('/admin/kafka/lag')
  assert.equal(status, 200)
  assert.deepEqual(
    [body.engine, body.group, body.consuming, body.total_lag, body.drain_seconds, body.trend],
    ['memory', 'sluice-processor', false, 3, null, null],
  )
  assert.equal(body.partitions.length, 6)
  const [waiting, ...others] = body.partitions.filter(({ lag }: Partition) => lag > 0)
  assert.equal(others.length, 0)
  assert.deepEqual([waiting.start, waiting.end, waiting.committed, waiting.lag], [0, 3, null, 3])
  assert.ok(Date.parse(waiting.oldest_waiting_at) >= before)
  assert.ok(body.behind_seconds >= 0 && body.behind_seconds < 60)
  assert.equal(waiting.behind_seconds, body.behind_seconds)

  await commitAll(eventLog)
  const after = (await get('/admin/lag')).body
  assert.deepEqual([after.total_lag, after.behind_seconds, after.drain_seconds], [0, 0, 0])
  const drained = after.partitions.find(({ partition }: Partition) => partition === waiting.partition)
  assert.deepEqual([drained.committed, drained.lag, drained.oldest_waiting_at], [3, 0, null])
})

test('consuming says whether a processor shows signs of life', async (t) => {
  const { get, heartbeats, sql } = await openTestAdmin(t)
  const consuming = async () => (await get('/admin/lag')).body.consuming
  await heartbeats.beat(BEAT)
  assert.equal(await consuming(), true)
  await sql(`UPDATE processor_heartbeats SET beat_at = now() - interval '6 seconds'`)
  assert.equal(await consuming(), false)
  await heartbeats.beat(BEAT)
  assert.equal(await consuming(), true)
  await heartbeats.stopped()
  assert.equal(await consuming(), false)
})

test('while the log is away its numbers are null, with the reason', async (t) => {
  const { get, heartbeats } = await openTestAdmin(t, { eventLog: logIsAway })
  await heartbeats.beat(BEAT)
  const { status, body } = await get('/admin/lag')
  const { as_of, consuming_since, ...rest } = body
  assert.ok(Date.parse(as_of))
  assert.ok(Date.parse(consuming_since))
  assert.deepEqual(
    [status, rest],
    [
      200,
      {
        engine: 'memory',
        group: 'sluice-processor',
        consuming: true,
        total_lag: null,
        behind_seconds: null,
        appended_per_second: null,
        settled_per_second: null,
        drain_seconds: null,
        trend: null,
        partitions: null,
        reason: 'The log does not answer.',
      },
    ],
  )
})

test('health is 503 without a processor and 200 with one', async (t) => {
  const { get, heartbeats } = await openTestAdmin(t)
  const never = await get('/admin/health')
  assert.deepEqual(
    [never.status, never.body.status, never.body.reasons],
    [503, 'unhealthy', ['No processor has run yet.']],
  )
  await heartbeats.beat(BEAT)
  const { status, body } = await get('/admin/health')
  assert.deepEqual([status, body.status, body.reasons], [200, 'healthy', []])
  assert.deepEqual(Object.keys(body.components).toSorted(), ['gate', 'log', 'processor', 'store'])
  assert.ok(Date.now() - Date.parse(body.components.processor.last_heartbeat_at) < 60_000)
  await heartbeats.stopped()
  const stopped = await get('/admin/health')
  assert.equal(stopped.status, 503)
  assert.match(stopped.body.reasons[0], /^No processor has shown a sign of life since \d{4}-/)
})

test('a processor that waits cannot settle, and health says what it waits for', async (t) => {
  const { get, heartbeats, sql } = await openTestAdmin(t)
  await heartbeats.beat({ ...BEAT, waitsFor: 'STORE_UNAVAILABLE' })
  const all = await get('/admin/health')
  assert.deepEqual([all.status, all.body.reasons], [503, ['Every processor waits: STORE_UNAVAILABLE.']])
  await sql(`INSERT INTO processor_heartbeats (instance_id, started_at, beat_at, last_turn_at, partitions)
    VALUES ('processor-2', now(), now() + interval '1 hour', now(), '{2,3}')`)
  const some = await get('/admin/health')
  assert.deepEqual(
    [some.status, some.body.status, some.body.reasons],
    [200, 'degraded', ['Some processors wait: STORE_UNAVAILABLE.']],
  )
})

test('health is degraded while the gate is away and unhealthy while the log is', async (t) => {
  const gateAway = await openTestAdmin(t, { gate: gateIsAway })
  await gateAway.heartbeats.beat(BEAT)
  const degraded = await gateAway.get('/admin/health')
  assert.deepEqual([degraded.status, degraded.body.status], [200, 'degraded'])
  assert.equal(degraded.body.components.gate.status, 'unavailable')

  const logAway = await openTestAdmin(t, { eventLog: logIsAway })
  await logAway.heartbeats.beat(BEAT)
  const unhealthy = await logAway.get('/admin/health')
  assert.deepEqual([unhealthy.status, unhealthy.body.status], [503, 'unhealthy'])
  assert.equal(unhealthy.body.reasons[0], 'The log does not answer.')
})

test('health is degraded when the oldest waiting event has waited for more than a minute', async (t) => {
  const { get, heartbeats } = await openTestAdmin(t, {
    eventLog: (log) => ({
      lag: async (topic, group) =>
        (await log.lag(topic, group)).map((partition) =>
          partition.partition === 0
            ? { ...partition, lag: 1n, oldestWaitingAt: new Date(Date.now() - 90_000) }
            : partition,
        ),
    }),
  })
  await heartbeats.beat(BEAT)
  const { status, body } = await get('/admin/health')
  assert.deepEqual([status, body.status], [200, 'degraded'])
  assert.match(body.reasons[0], /^The oldest waiting event has waited for 9\d s\.$/)
})

test('the history marks when processors came and went', async (t) => {
  const { get, heartbeats, sql } = await openTestAdmin(t)
  await heartbeats.beat(BEAT)
  await sql(`INSERT INTO processor_heartbeats (instance_id, started_at, beat_at, last_turn_at, partitions, stopped_at) VALUES
    ('old', now() - interval '3 hours', now() - interval '2 hours', now(), '{}', now() - interval '2 hours'),
    ('killed', now() - interval '30 minutes', now() - interval '20 minutes', now(), '{}', NULL),
    ('ended', now() - interval '90 minutes', now() - interval '10 minutes', now(), '{}', now() - interval '10 minutes')`)
  const { status, body } = await get('/admin/lag/history')
  assert.deepEqual([status, body.step_seconds, body.data.length >= 359], [200, 10, true])
  assert.deepEqual(
    body.marks.map(({ what, instance }: { what: string; instance: string }) => [what, instance]),
    [
      ['started', 'killed'],
      ['lost', 'killed'],
      ['stopped', 'ended'],
      ['started', 'processor-1'],
    ],
  )
  assert.ok(body.data.every(({ total_lag }: { total_lag: null }) => total_lag === null))
})
