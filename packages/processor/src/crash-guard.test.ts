import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { RAW_TOPIC } from '@sluice/contract/topics'
import type { LogRecord } from '@sluice/event-log'
import { StoreUnavailableError } from '@sluice/event-store/store-errors'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { createCrashGuard } from './crash-guard.ts'
import { type CrashMarkers, createCrashMarkers } from './crash-markers.ts'
import { judgeRecord } from './judge.ts'
import { aLogRecord, anAccepted } from './testing/records.ts'

class Death extends Error {}

/** Processes on one database. A guard that is no longer used is a process that died. */
async function setUp(t: TestContext) {
  const { pool, sql } = await testDatabase(t)
  const memory = createMemoryLog()
  let instances = 0
  const start = async (
    committed: bigint | null,
    {
      killer,
      change = (markers) => markers,
    }: { killer?: bigint; change?: (markers: CrashMarkers) => CrashMarkers } = {},
  ) => {
    instances += 1
    const markers = change(createCrashMarkers({ pool, topic: RAW_TOPIC, instanceId: `instance-${instances}` }))
    const judged: bigint[] = []
    const guard = createCrashGuard({
      markers,
      log: memory.log,
      judge(record) {
        judged.push(record.offset)
        if (record.offset === killer) throw new Death()
        return judgeRecord(record)
      },
    })
    await guard.started([{ partition: 0, committed }])
    return { ...guard, judged }
  }
  return { sql, start, memory }
}

const records = (from: number, count: number): LogRecord[] =>
  Array.from({ length: count }, (_, nth) => aLogRecord(anAccepted(`k${nth}`).value, { offset: from + nth }))

test('a first start and one after a death go fast: no mark is written', async (t) => {
  const { start, sql } = await setUp(t)
  assert.equal((await start(null)).isCareful(), false)
  const second = await start(null)
  assert.equal(second.isCareful(), false)
  await second.judge(records(0, 3))
  assert.deepEqual(await sql('SELECT * FROM crash_markers'), [])
})

test('two deaths at one place make the next 1,000 records go one by one', async (t) => {
  const { start, memory } = await setUp(t)
  await start(7n)
  await start(7n)
  const third = await start(7n)
  assert.equal(third.isCareful(), true)
  assert.deepEqual(memory.events(), ['records.one_by_one'])
  await third.judge(records(7, 5))
  await third.settled(records(7, 999))
  assert.equal(third.isCareful(), true)
  await third.settled(records(1_006, 1))
  assert.equal(third.isCareful(), false)
})

test('a death further on, a partition given back, and our own broken consumer are no deaths at this place', async (t) => {
  const { start } = await setUp(t)
  await start(7n)
  await start(7n)
  assert.equal((await start(8n)).isCareful(), false, 'it got further')
  const left = await start(8n)
  await left.keepOnly([])
  assert.equal((await start(8n)).isCareful(), false, 'one of two left in good order')
  assert.equal((await start(8n)).isCareful(), false, 'and forgave the one before it')
  const broken = await start(20n)
  for (let again = 0; again < 5; again += 1) await broken.started([{ partition: 0, committed: 20n }])
  assert.equal(broken.isCareful(), false)
})

test('three deaths with one record in hand make it a dead letter that is not judged again', async (t) => {
  const { start, memory } = await setUp(t)
  for (let death = 0; death < 2; death += 1) await start(0n)
  for (let death = 0; death < 3; death += 1) {
    const careful = await start(0n, { killer: 2n })
    await assert.rejects(careful.judge(records(0, 4)), Death)
    assert.deepEqual(careful.judged, [0n, 1n, 2n])
  }
  const last = await start(0n, { killer: 2n })
  const verdicts = await last.judge(records(0, 4))
  assert.deepEqual(last.judged, [0n, 1n, 3n])
  assert.deepEqual(
    verdicts.map((verdict) => (verdict.type === 'dead_letter' ? [verdict.reason, verdict.head?.idempotencyKey] : 'ok')),
    ['ok', 'ok', ['CRASH_LOOP', 'k2'], 'ok'],
  )
  assert.ok(memory.events().includes('record.crash_loop'))
})

test('dying before the dead letter is committed forgets nothing', async (t) => {
  const { start, sql } = await setUp(t)
  for (let death = 0; death < 2; death += 1) await start(0n)
  for (let death = 0; death < 3; death += 1)
    await assert.rejects((await start(0n, { killer: 0n })).judge(records(0, 1)), Death)
  await (await start(0n, { killer: 0n })).judge(records(0, 1))
  const next = await start(0n, { killer: 0n })
  await next.judge(records(0, 1))
  assert.deepEqual(next.judged, [])
  await next.settled(records(0, 1))
  assert.deepEqual(await sql('SELECT * FROM crash_markers'), [])
})

test('what cannot be read at all is set aside by its position', async (t) => {
  const { start } = await setUp(t)
  for (let death = 0; death < 2; death += 1) await start(0n)
  const garbage = [aLogRecord(Buffer.alloc(5_000, 'x'))]
  for (let death = 0; death < 3; death += 1)
    await assert.rejects((await start(0n, { killer: 0n })).judge(garbage), Death)
  const [verdict] = await (await start(0n, { killer: 0n })).judge(garbage)
  assert.ok(verdict?.type === 'dead_letter' && verdict.reason === 'CRASH_LOOP' && verdict.head === null)
})

test('a process that waits for PostgreSQL again and again is no crash of the record', async (t) => {
  const { start } = await setUp(t)
  for (let death = 0; death < 2; death += 1) await start(0n)
  let isAway = true
  const careful = await start(0n, {
    change: (markers) => ({
      ...markers,
      async unmark(partition, offset) {
        if (isAway) throw new StoreUnavailableError('taking a mark off', null)
        await markers.unmark(partition, offset)
      },
    }),
  })
  for (let tries = 0; tries < 5; tries += 1) {
    await assert.rejects(careful.judge(records(0, 1)), StoreUnavailableError)
    await careful.started([{ partition: 0, committed: 0n }])
  }
  isAway = false
  const [verdict] = await careful.judge(records(0, 1))
  assert.equal(verdict?.type, 'event')
})

test('what cannot be given back is said once, and tried again', async (t) => {
  const { start, memory, sql } = await setUp(t)
  let isAway = true
  const guard = await start(0n, {
    change: (markers) => ({
      ...markers,
      async giveBack(partitions) {
        if (isAway) throw new StoreUnavailableError('giving partitions back', null)
        await markers.giveBack(partitions)
      },
    }),
  })
  await guard.keepOnly([])
  await guard.keepOnly([])
  assert.deepEqual(memory.events(), ['partitions.not_given_back'])
  isAway = false
  await guard.keepOnly([])
  assert.deepEqual(await sql('SELECT * FROM partition_starts'), [])
})

test('while the store does not answer at most one giving back waits, for what is ours by then', async (t) => {
  const { start } = await setUp(t)
  const answer = Promise.withResolvers<void>()
  const given: (readonly number[])[] = []
  const change = (markers: CrashMarkers): CrashMarkers => ({
    ...markers,
    async giveBack(partitions) {
      given.push(partitions)
      await answer.promise
      throw new StoreUnavailableError('giving partitions back', null)
    },
  })
  const guard = await start(null, { change })
  await guard.started([
    { partition: 1, committed: null },
    { partition: 2, committed: null },
  ])
  const asked = [guard.keepOnly([1, 2])]
  await eventually(() => given.length === 1)
  for (let nth = 0; nth < 100; nth++) asked.push(guard.keepOnly([1, 2]))
  asked.push(guard.keepOnly([2]))
  answer.resolve()
  await Promise.all(asked)
  assert.deepEqual(given, [[0], [0, 1]])
})
