import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type TestContext, test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { aRecord, placesOf, textOf } from '#src/testing/harness.ts'
import { kafkaCluster } from '#src/testing/kafka-cluster.ts'

const PRODUCE = 0

/** Counts the produce requests of this process from here on. */
function countProduceRequests(t: TestContext): () => number {
  let requests = 0
  const note = (message: unknown) => {
    if ((message as { apiKey?: number }).apiKey === PRODUCE) requests += 1
  }
  const channel = 'tracing:plt:kafka:connections:api:start'
  subscribe(channel, note)
  t.after(() => unsubscribe(channel, note))
  return () => requests
}

test('a micro-batch costs one produce request per partition that it touches', async (t) => {
  const { open, testTopic } = kafkaCluster(t)
  const log = open()
  const topic = await testTopic(6)
  const keyed = Array.from({ length: 100 }, (_, n) => aRecord(`${n}`, { key: `key ${n}` }))
  const touched = new Set(placesOf(await log.append(topic, keyed)).map(({ partition }) => partition))
  const requests = countProduceRequests(t)
  placesOf(
    await log.append(
      topic,
      Array.from({ length: 100 }, (_, n) => aRecord(`${n}`)),
    ),
  )
  assert.equal(requests(), 1, 'keyless records go together')
  placesOf(await log.append(topic, keyed))
  assert.equal(requests(), 1 + touched.size)
})

test('what waits for a partition goes together once it is free', async (t) => {
  const { open, testTopic } = kafkaCluster(t)
  const log = open()
  const topic = await testTopic(1)
  placesOf(await log.append(topic, [aRecord('warm')]))
  const requests = countProduceRequests(t)
  const first = log.append(topic, [aRecord('first')])
  await new Promise(setImmediate)
  const waiting = Array.from({ length: 50 }, (_, n) => log.append(topic, [aRecord(`${n}`)]))
  const places = placesOf((await Promise.all([first, ...waiting])).flat())
  assert.equal(requests(), 2)
  assert.deepEqual(
    places.map(({ offset }) => Number(offset)),
    Array.from({ length: 51 }, (_, n) => n + 1),
  )
})

test('a batch larger than the topic takes is sent in parts, each within its limit', async (t) => {
  const { open, testTopic } = kafkaCluster(t)
  const log = open()
  const topic = await testTopic(1, { 'max.message.bytes': '100000' })
  const records = Array.from({ length: 40 }, (_, n) =>
    aRecord('', { value: Buffer.alloc(10_000, `${n} `), key: 'same', headers: { traceparent: `00-${n}` } }),
  )
  const places = placesOf(await log.append(topic, records))
  assert.deepEqual(
    places.map(({ offset }) => Number(offset)),
    records.map((_, n) => n),
  )
  const found = await log.read(topic, 0, 0n, 1_000)
  assert.deepEqual(
    found.map(({ headers }) => headers.traceparent),
    records.map(({ headers }) => headers.traceparent),
  )
})

test('a record larger than its topic takes is refused for its size, and a lowered limit is met as well', async (t) => {
  const { open, testTopic, admin } = kafkaCluster(t)
  const log = open()
  const topic = await testTopic(1, { 'max.message.bytes': '100000' })
  const sized = (bytes: number) => [aRecord('', { value: Buffer.alloc(bytes) })]
  const [tooLarge] = await log.append(topic, sized(100_000))
  assert.ok(tooLarge?.type === 'refused' && tooLarge.error.code === 'RECORD_TOO_LARGE')
  placesOf(await log.append(topic, sized(90_000)))
  const lower = { name: 'max.message.bytes', value: '50000', configOperation: 0 as const }
  await admin.incrementalAlterConfigs({ resources: [{ resourceType: 2, resourceName: topic, configs: [lower] }] })
  // The controller answers before the broker has heard of it. It is the broker that refuses the first one.
  await eventually(async () => {
    const [first] = await log.append(topic, sized(90_000))
    return first?.type === 'refused' && first.error.code === 'RECORD_TOO_LARGE'
  })
  const [second] = await log.append(topic, sized(90_000))
  assert.ok(second?.type === 'refused' && second.error.code === 'RECORD_TOO_LARGE')
  placesOf(await log.append(topic, sized(40_000)))
})

test('appends go to a topic that was deleted and made again, and to none while it is gone', async (t) => {
  const { open, admin, testTopic } = kafkaCluster(t)
  const log = open()
  const topic = await testTopic(1)
  placesOf(await log.append(topic, [aRecord('old')]))
  await admin.deleteTopics({ topics: [topic] })
  // The controller answers before the broker has heard of it.
  const isUnknown = (error: { code?: string }) => error.code === 'UNKNOWN_TOPIC'
  await eventually(() => log.append(topic, [aRecord('x')]).then(() => false, isUnknown))
  await testTopic(1, {}, topic)
  assert.deepEqual(placesOf(await log.append(topic, [aRecord('new')])), [{ type: 'done', partition: 0, offset: 0n }])
  assert.deepEqual((await log.read(topic, 0, 0n, 10)).map(textOf), ['new'])
})
