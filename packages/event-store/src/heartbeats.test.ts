import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { createHeartbeats } from './heartbeats.ts'
import { listHeartbeats } from './queries/heartbeats.ts'

const silent = { warn: () => assert.fail('nothing to warn of') }

test('the latest heartbeat says what a processor does and how old that is', async (t) => {
  const { pool } = await testDatabase(t)
  const heartbeats = createHeartbeats({ pool, instanceId: 'p1', log: silent })
  await heartbeats.beat({ lastTurnAt: new Date(), waitsFor: null, partitions: [0, 1] })
  await heartbeats.beat({ lastTurnAt: new Date(Date.now() - 90_000), waitsFor: 'the store', partitions: [0, 4] })
  const [beat] = await listHeartbeats(pool)
  assert.ok(beat)
  const { instanceId, waitsFor, partitions, stoppedAt } = beat
  assert.deepEqual(
    { instanceId, waitsFor, partitions, stoppedAt },
    { instanceId: 'p1', waitsFor: 'the store', partitions: [0, 4], stoppedAt: null },
  )
  assert.ok(beat.ageMs >= 0 && beat.ageMs < 60_000)
  assert.ok(beat.lastTurnAgeMs >= 90_000 && beat.lastTurnAgeMs < 150_000)
})

test('a processor that left in good order says so, newest first', async (t) => {
  const { pool } = await testDatabase(t)
  const first = createHeartbeats({ pool, instanceId: 'p1', log: silent })
  await first.beat({ lastTurnAt: new Date(), waitsFor: null, partitions: [0] })
  await first.stopped()
  await createHeartbeats({ pool, instanceId: 'p2', log: silent }).beat({
    lastTurnAt: new Date(),
    waitsFor: null,
    partitions: [],
  })
  const beats = await listHeartbeats(pool)
  assert.deepEqual(
    beats.map(({ instanceId }) => instanceId),
    ['p2', 'p1'],
  )
  assert.ok(beats[1]?.stoppedAt instanceof Date)
})

test('instances that were silent for a day are forgotten, all but the last one', async (t) => {
  const { pool, sql } = await testDatabase(t)
  for (const instanceId of ['old', 'older'])
    await createHeartbeats({ pool, instanceId, log: silent }).beat({
      lastTurnAt: new Date(),
      waitsFor: null,
      partitions: [],
    })
  await sql(`UPDATE processor_heartbeats SET beat_at = beat_at - interval '2 days'`)
  await createHeartbeats({ pool, instanceId: 'new', log: silent }).beat({
    lastTurnAt: new Date(),
    waitsFor: null,
    partitions: [],
  })
  assert.deepEqual(
    (await listHeartbeats(pool)).map(({ instanceId }) => instanceId),
    ['new'],
  )
})

test('a heartbeat that cannot be written is said once and thrown never', async (t) => {
  const { pool, sql } = await testDatabase(t)
  const warnings: string[] = []
  const heartbeats = createHeartbeats({ pool, instanceId: 'p1', log: { warn: (event) => void warnings.push(event) } })
  const heartbeat = { lastTurnAt: new Date(), waitsFor: null, partitions: [] }
  await sql('ALTER TABLE processor_heartbeats RENAME TO away')
  await heartbeats.beat(heartbeat)
  await heartbeats.beat(heartbeat)
  assert.deepEqual(warnings, ['store.heartbeat_lost'])
  await sql('ALTER TABLE away RENAME TO processor_heartbeats')
  await heartbeats.beat(heartbeat)
  assert.equal((await listHeartbeats(pool)).length, 1)
})
