import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { DLQ_TOPIC, PROCESSOR_GROUP, RAW_TOPIC } from '@sluice/contract/topics'
import { type Batch, type EventLog, LogUnavailableError } from '@sluice/event-log'
import { createMemoryEventLog } from '@sluice/event-log/memory'
import type { EventStore } from '@sluice/event-store/event-store'
import { createEventStore } from '@sluice/event-store/settle-batch'
import { StoreSystemicError, StoreUnavailableError } from '@sluice/event-store/store-errors'
import { createBackoff } from '@sluice/runtime/backoff'
import { systemClock } from '@sluice/runtime/clock'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { createCrashGuard } from './crash-guard.ts'
import { createCrashMarkers } from './crash-markers.ts'
import { judgeRecord } from './judge.ts'
import { createProgress } from './progress.ts'
import { type LoopParts, runLoop } from './run-loop.ts'
import { aBody, anAccepted } from './testing/records.ts'

async function setUp(t: TestContext, partitions = 1) {
  const { pool, sql } = await testDatabase(t)
  const eventLog = createMemoryEventLog({ topics: { [RAW_TOPIC]: partitions, [DLQ_TOPIC]: 1 } })
  const store = createEventStore({ pool, shard: 0 })
  const memory = createMemoryLog()
  const progress = createProgress(systemClock)
  const retries: string[] = []
  const settled: string[] = []

  const markers = createCrashMarkers({ pool, topic: RAW_TOPIC, instanceId: 'this' })
  const crashGuard = createCrashGuard({ markers, judge: judgeRecord, log: memory.log })

  const start = (change: Partial<LoopParts> = {}) => {
    const stopping = new AbortController()
    const done = runLoop({
      store,
      eventLog,
      crashGuard,
      clock: systemClock,
      progress,
      backoff: createBackoff({ firstMs: 1, maxMs: 10, jitter: 0 }),
      log: memory.log,
      stopping: stopping.signal,
      onSettled: (batch) => settled.push(...batch.map(({ outcome }) => outcome.type)),
      onRetry: (code) => retries.push(code),
      onConsumer: () => {},
      ...change,
    })
    const stop = async () => {
      stopping.abort()
      await done
    }
    t.after(stop)
    return { stop, stopping, done }
  }
  const count = async (table: 'events' | 'dead_letters') =>
    (await sql<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]?.n
  const committed = async () => (await eventLog.lag(RAW_TOPIC, PROCESSOR_GROUP))[0]?.committed ?? 0n
  const append = (...keys: string[]) =>
    eventLog.append(
      RAW_TOPIC,
      keys.map((key) => anAccepted(key)),
    )
  const isCommitted = (offset: bigint) => eventually(async () => (await committed()) === offset)
  return { eventLog, store, progress, memory, retries, settled, start, count, committed, append, isCommitted }
}

/** Lets a test decide when something that was begun may go on. */
function createGate() {
  const begun = Promise.withResolvers<void>()
  const open = Promise.withResolvers<void>()
  return {
    begun: begun.promise,
    open: open.resolve,
    pass() {
      begun.resolve()
      return open.promise
    },
  }
}

/** The log, with every batch of its consumers changed. */
const withBatches = (eventLog: EventLog, change: (batch: Batch) => Batch): LoopParts['eventLog'] => ({
  append: eventLog.append,
  async consume(options) {
    const consumer = await eventLog.consume(options)
    return {
      ...consumer,
      async next() {
        const batch = await consumer.next()
        return batch && change(batch)
      },
    }
  },
})

/** The log, whose first commit is lost once `until` has come; `begun` counts the commits. */
function withLostCommit(eventLog: EventLog, until: Promise<void> = Promise.resolve()) {
  let begun = 0
  const flaky = withBatches(eventLog, (batch) => ({
    ...batch,
    async commit() {
      begun += 1
      if (begun > 1) return batch.commit()
      await until
      throw new LogUnavailableError('commit lost')
    },
  }))
  return { flaky, begun: () => begun }
}

test('events become rows, broken ones dead letters, and then the offset is committed', async (t) => {
  const { eventLog, start, count, append, isCommitted, progress } = await setUp(t)
  start()
  await append('a', 'b')
  await eventLog.append(RAW_TOPIC, [anAccepted('c', aBody({ event_type: undefined }))])
  await isCommitted(3n)
  assert.deepEqual([await count('events'), await count('dead_letters')], [2, 1])
  assert.equal((await eventLog.read(DLQ_TOPIC, 0, 0n, 10)).length, 1)
  await eventually(() => progress.step() === 'next', { message: 'an idle loop that calls itself waiting' })
})

test('no offset is committed before its rows are there', async (t) => {
  const { store, start, count, committed, append, isCommitted } = await setUp(t)
  const gate = createGate()
  const settle: EventStore['settle'] = async (batch) => {
    await gate.pass()
    return store.settle(batch)
  }
  start({ store: { settle } })
  await append('a')
  await gate.begun
  assert.equal(await committed(), 0n)
  gate.open()
  await isCommitted(1n)
  assert.equal(await count('events'), 1)
})

test('while the store is away a batch waits, nothing is set aside, and then it drains', async (t) => {
  const { store, progress, retries, memory, start, count, committed, append, isCommitted } = await setUp(t)
  let away = true
  const settle: EventStore['settle'] = async (batch) => {
    if (away) throw new StoreUnavailableError('settling', '57P01')
    return store.settle(batch)
  }
  start({ store: { settle } })
  await append('a', 'b')
  await eventually(() => retries.length >= 3)
  assert.equal(progress.trouble()?.what, 'STORE_UNAVAILABLE')
  assert.deepEqual([await committed(), await count('dead_letters')], [0n, 0])

  await append('c')
  away = false
  await isCommitted(3n)
  assert.deepEqual([await count('events'), await count('dead_letters')], [3, 0])
  assert.equal(progress.trouble(), null)
  assert.deepEqual(new Set(retries), new Set(['STORE_UNAVAILABLE']))
  assert.ok(!memory.events().includes('consumer.broken'), 'the batch stayed in hand')
})

test('a fault that only a person mends is an error line, and stopping does not wait for it', async (t) => {
  const { progress, memory, start, committed, append } = await setUp(t)
  const settle: EventStore['settle'] = async () => {
    throw new StoreSystemicError('settling', '42P01')
  }
  const { stop } = start({ store: { settle } })
  await append('a')
  await eventually(() => progress.step() === 'waiting_to_retry')
  assert.equal(progress.trouble()?.systemic, true)
  await stop()
  assert.deepEqual(memory.events(), ['batch.stuck'])
  assert.equal(await committed(), 0n)
})

test('a consumer that cannot be had or breaks is built anew', async (t) => {
  const { eventLog, memory, start, count, append, isCommitted } = await setUp(t)
  let consumers = 0
  const consume: EventLog['consume'] = async (options) => {
    consumers += 1
    if (consumers === 1) throw new LogUnavailableError('no connection')
    const consumer = await eventLog.consume(options)
    if (consumers > 2) return consumer
    return { ...consumer, next: () => Promise.reject(new LogUnavailableError('lost connection')) }
  }
  start({ eventLog: { append: eventLog.append, consume } })
  await append('a')
  await isCommitted(1n)
  assert.equal(consumers, 3)
  assert.equal(await count('events'), 1)
  assert.equal(memory.events().filter((event) => event === 'consumer.broken').length, 2)
})

test('a batch whose commit failed is read again at once and settles once', async (t) => {
  const { eventLog, settled, start, count, append, isCommitted } = await setUp(t)
  start({ eventLog: withLostCommit(eventLog).flaky })
  await append('a', 'b')
  // Nothing more is appended: the loop has to notice by itself.
  await isCommitted(2n)
  await eventually(() => settled.length === 2)
  assert.equal(await count('events'), 2)
})

test('stopping with a batch in hand finishes and commits it, and takes no other', async (t) => {
  const { store, start, count, committed, append } = await setUp(t)
  const gate = createGate()
  const settle: EventStore['settle'] = async (batch) => {
    await gate.pass()
    return store.settle(batch)
  }
  const { stop } = start({ store: { settle } })
  await append('a')
  await gate.begun
  const stopped = stop()
  await append('b')
  gate.open()
  await stopped
  assert.equal(await committed(), 1n)
  assert.equal(await count('events'), 1)
})

test('stopping while nothing comes ends at once', async (t) => {
  const { progress, start } = await setUp(t)
  const { stop } = start()
  await eventually(() => progress.step() === 'next')
  await stop()
})

test('a batch is taken while the one before it is settled, and settled after it', async (t) => {
  const { eventLog, store, start, append, isCommitted } = await setUp(t)
  const gate = createGate()
  const order: bigint[] = []
  let taken = 0
  const settle: EventStore['settle'] = async (batch) => {
    order.push(batch.records[0]?.offset ?? -1n)
    await gate.pass()
    return store.settle(batch)
  }
  const watched = withBatches(eventLog, (batch) => {
    taken += 1
    return batch
  })
  start({ eventLog: watched, store: { settle } })
  await append('a')
  await gate.begun
  await append('b')
  await eventually(() => taken === 2)
  await append('c')
  assert.deepEqual(order, [0n], 'the second waits for the first')
  gate.open()
  await isCommitted(3n)
  assert.deepEqual(order, [0n, 1n, 2n])
})

test('a batch is settled while the one before it commits, and commits after it', async (t) => {
  const { eventLog, start, count, committed, append, isCommitted } = await setUp(t)
  const gate = createGate()
  const watched = withBatches(eventLog, (batch) => ({
    ...batch,
    async commit() {
      await gate.pass()
      return batch.commit()
    },
  }))
  start({ eventLog: watched })
  await append('a')
  await gate.begun
  await append('b')
  await eventually(async () => (await count('events')) === 2)
  assert.equal(await committed(), 0n)
  gate.open()
  await isCommitted(2n)
})

test('the time of a batch is told from judging it on', async (t) => {
  const { start, append, isCommitted } = await setUp(t)
  // Far longer than all that follows it here.
  const JUDGING_MS = 500
  const took: number[] = []
  const crashGuard: LoopParts['crashGuard'] = {
    started: async () => {},
    async judge(records) {
      for (const end = performance.now() + JUDGING_MS; performance.now() < end; );
      return records.map(judgeRecord)
    },
    settled: async () => {},
    keepOnly: async () => {},
  }
  const settle: EventStore['settle'] = async ({ records }) => records.map(() => ({ type: 'stored' }))
  start({ crashGuard, store: { settle }, onSettled: (_, seconds) => took.push(seconds) })
  await append('a')
  await isCommitted(1n)
  await eventually(() => took.length === 1)
  assert.ok((took[0] ?? 0) >= JUDGING_MS / 1_000, `${took[0]} s`)
})

test('batches of different partitions are settled side by side', async (t) => {
  const { eventLog, store, start, count } = await setUp(t, 2)
  // Without a key the partitions come in turn.
  const append = (key: string) => eventLog.append(RAW_TOPIC, [{ ...anAccepted(key), key: null }])
  const gate = createGate()
  let begun = 0
  const settle: EventStore['settle'] = async (batch) => {
    begun += 1
    await gate.pass()
    return store.settle(batch)
  }
  start({ store: { settle } })
  await append('a')
  await gate.begun
  await append('b')
  await eventually(() => begun === 2, { message: 'a second transaction' })
  gate.open()
  await eventually(async () => (await count('events')) === 2)
  await eventually(async () =>
    (await eventLog.lag(RAW_TOPIC, PROCESSOR_GROUP)).every(({ committed }) => committed === 1n),
  )
})

test('a batch whose commit failed holds back its own partition only, until it is read again', async (t) => {
  const { eventLog, store, start, count } = await setUp(t, 2)
  // Without a key the partitions come in turn.
  const append = (key: string) => eventLog.append(RAW_TOPIC, [{ ...anAccepted(key), key: null }])
  const lost = Promise.withResolvers<void>()
  const { flaky, begun } = withLostCommit(eventLog, lost.promise)
  const settled: string[] = []
  const settle: EventStore['settle'] = (batch) => {
    settled.push(...batch.records.map(({ partition, offset }) => `${partition}:${offset}`))
    return store.settle(batch)
  }
  start({ eventLog: flaky, store: { settle } })
  await append('a')
  await eventually(() => begun() === 1)
  await append('b')
  await eventually(() => begun() === 2, { message: 'a commit of the other partition' })
  await append('c') // the first partition again, behind what is not committed
  lost.resolve()
  await eventually(async () => (await eventLog.lag(RAW_TOPIC, PROCESSOR_GROUP)).every(({ lag }) => lag === 0n))
  const first = settled[0] ?? ''
  assert.ok(settled.lastIndexOf(first) > 0, 'what was not committed is read again')
  assert.equal(await count('events'), 3)
})

test('R3: a commit that fails while the batch after it is being announced breaks the consumer, and not the process', async (t) => {
  const { eventLog, memory, start, count, append, isCommitted } = await setUp(t)
  const announcing = createGate()
  const { flaky, begun } = withLostCommit(eventLog, announcing.begun)
  const slow: EventLog['append'] = async (topic, records) => {
    await announcing.pass()
    return eventLog.append(topic, records)
  }
  start({ eventLog: { ...flaky, append: slow } })
  await append('a')
  await eventually(() => begun() === 1)
  await eventLog.append(RAW_TOPIC, [anAccepted('b', aBody({ event_type: undefined }))])
  await announcing.begun
  // A rejection that nobody handles would be told now, and end the process.
  await setImmediate()
  announcing.open()
  await isCommitted(2n)
  assert.deepEqual([await count('events'), await count('dead_letters')], [1, 1])
  assert.equal(memory.events().filter((event) => event === 'consumer.broken').length, 1)
})
