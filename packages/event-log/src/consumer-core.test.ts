import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createConsumerCore } from './consumer-core.ts'
import type { LogRecord } from './event-log.ts'

const aRecord = (offset: bigint, partition = 0): LogRecord => ({
  topic: 't',
  partition,
  offset,
  key: null,
  value: Buffer.from('x'),
  headers: {},
  appendedAt: new Date(0),
})

/** A core that holds partition 0 and whose readings are those given, then empty ones; counts them. */
function coreReading(t: TestContext, readings: readonly LogRecord[][], paceMs = 50) {
  const counted = { reads: 0 }
  const core = createConsumerCore({
    options: { topic: 't', group: 'g', maxRecords: 2, maxBytes: 1_000, maxWaitMs: paceMs },
    topicGeneration: 'generation',
    read: async () => readings[counted.reads++] ?? [],
    commitPositions: async (positions) => positions,
    pollMs: 60_000,
    paceMs,
  })
  core.assign([{ partition: 0, start: 0n, committed: null }])
  t.after(() => core.end(null))
  return { core, counted }
}

const turns = async (count: number) => {
  for (let n = 0; n < count; n += 1) await new Promise(setImmediate)
}

test('reads once and then sleeps until it is woken', async (t) => {
  const { core, counted } = coreReading(t, [[], [aRecord(0n)]])
  const waiting = core.next()
  await turns(200)
  assert.equal(counted.reads, 1)
  core.wake()
  assert.equal((await waiting)?.records.length, 1)
  assert.equal(counted.reads, 2)
})

test('does not sleep over what was appended while it was reading', async (t) => {
  const reading = Promise.withResolvers<LogRecord[]>()
  const readings = [() => reading.promise, async () => [aRecord(0n)]]
  const core = createConsumerCore({
    options: { topic: 't', group: 'g', maxRecords: 2, maxBytes: 1_000, maxWaitMs: 0 },
    topicGeneration: 'generation',
    read: () => readings.shift()?.() ?? Promise.resolve([]),
    commitPositions: async (positions) => positions,
    pollMs: 60_000,
  })
  t.after(() => core.end(null))
  core.assign([{ partition: 0, start: 0n, committed: null }])
  const waiting = core.next()
  await turns(5)
  core.wake()
  reading.resolve([])
  assert.equal((await waiting)?.records.length, 1)
})

test('a full batch is followed by the next reading at once, another one only after a pause', async (t) => {
  // A pause that is not over while this process is held up.
  const readings = [[aRecord(0n), aRecord(1n)], [aRecord(2n)], [aRecord(3n)]]
  const { core, counted } = coreReading(t, readings, 1_000)
  await core.next()
  void core.next()
  await turns(2)
  assert.equal(counted.reads, 2)
  const third = core.next()
  await turns(2)
  assert.equal(counted.reads, 2)
  assert.equal((await third)?.records[0]?.offset, 3n)
})

test('drops what was read of a partition that was lost during the reading', async (t) => {
  const reading = Promise.withResolvers<LogRecord[]>()
  const core = createConsumerCore({
    options: { topic: 't', group: 'g', maxRecords: 2, maxBytes: 1_000, maxWaitMs: 0 },
    topicGeneration: 'generation',
    read: () => reading.promise,
    commitPositions: async (positions) => positions,
    pollMs: 60_000,
  })
  t.after(() => core.end(null))
  core.assign([{ partition: 0, start: 0n, committed: null }])
  const waiting = core.next()
  await turns(5)
  for (const holding of core.held()) core.revoke(holding)
  reading.resolve([aRecord(0n)])
  await turns(5)
  core.end(null)
  assert.equal(await waiting, null)
})

test('partitions are read in turn, those with a batch in hand after all others', async (t) => {
  const orders: number[][] = []
  const core = createConsumerCore({
    options: { topic: 't', group: 'g', maxRecords: 1, maxBytes: 1_000, maxWaitMs: 0 },
    topicGeneration: 'generation',
    async read(assigned) {
      orders.push(assigned.map(({ partition }) => partition))
      return assigned.slice(0, 1).map(({ partition, position }) => aRecord(position, partition))
    },
    commitPositions: async (positions) => positions,
    pollMs: 60_000,
  })
  t.after(() => core.end(null))
  core.assign([0, 1, 2].map((partition) => ({ partition, start: 0n, committed: null })))
  await core.next()
  const second = await core.next()
  await second?.commit()
  await core.next()
  await core.next()
  assert.deepEqual(orders, [
    [0, 1, 2],
    [1, 2, 0],
    [2, 1, 0],
    [1, 0, 2],
  ])
})
