import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Producer } from '@platformatic/kafka'
import { eventually } from '@sluice/runtime/testing/eventually'
import { aRecord, eventuallyHolding, groupOf, join, nextBatch, placesOf, take, textOf } from '#src/testing/harness.ts'
import { brokersOfTests, kafkaCluster } from '#src/testing/kafka-cluster.ts'
import type { MemberMessage } from '#src/testing/member-process.ts'

const MEMBER = fileURLToPath(new URL('../testing/member-process.ts', import.meta.url))

/** Starts a member in a process of its own and waits for its first batch. */
async function startMember(t: TestContext, topic: string, sessionTimeoutMs: number) {
  const engine = `kafka:${brokersOfTests()}`
  const child = fork(MEMBER, [engine, topic, groupOf(topic), String(sessionTimeoutMs)], { execArgv: [] })
  const messages: MemberMessage[] = []
  child.on('message', (message) => messages.push(message as MemberMessage))
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  await eventually(() => messages.some(({ type }) => type === 'batch'), {
    message: 'its first batch',
  })
  return { child, messages }
}

test('a stopped member loses its partitions, and once it goes on it can commit nothing and learns of it', async (t) => {
  const cluster = kafkaCluster(t)
  const topic = await cluster.testTopic(2)
  const log = cluster.open()
  placesOf(await log.append(topic, [aRecord('0'), aRecord('1'), aRecord('2')]))
  const zombie = await startMember(t, topic, 6_000)
  zombie.child.kill('SIGSTOP')

  const survivor = await join(t, log, topic)
  await eventually(() => survivor.assigned().length === 2)
  await take(survivor, 3)
  placesOf(await log.append(topic, [aRecord('3')]))
  await take(survivor, 1)
  const before = await log.lag(topic, groupOf(topic))

  zombie.child.send('commit') // waits in the pipe, so that it is the first thing that the zombie does
  zombie.child.kill('SIGCONT')
  const answer = await eventually(() =>
    zombie.messages.find(
      (message) => message.type === 'committed' || ('during' in message && message.during === 'commit'),
    ),
  )
  if (answer.type === 'committed') assert.deepEqual(answer.partitions, [])
  else assert.deepEqual(answer, { type: 'failed', during: 'commit', code: 'LOG_UNAVAILABLE' })
  await eventually(() => zombie.messages.some(({ type }) => type === 'revoked'))
  assert.deepEqual(await log.lag(topic, groupOf(topic)), before, 'nothing moved back')
})

test('a killed member is taken over when its session has run out', async (t) => {
  const cluster = kafkaCluster(t)
  const topic = await cluster.testTopic(2)
  const log = cluster.open()
  placesOf(await log.append(topic, [aRecord('0')]))
  placesOf(await log.append(topic, [aRecord('1')]))
  const member = await startMember(t, topic, 6_000)
  const survivor = await join(t, log, topic)
  await eventually(() => survivor.assigned().length === 1)
  member.child.kill('SIGKILL')
  await eventually(() => survivor.assigned().length === 2)
  assert.equal((await take(survivor, 2)).length, 2, 'what the killed one had in hand is read again')
})

test('a member keeps in hand what stays its own when another one comes and goes', async (t) => {
  const cluster = kafkaCluster(t)
  const topic = await cluster.testTopic(2)
  const [log, other] = [cluster.open(), cluster.open()]
  for (let n = 0; n < 2; n += 1) placesOf(await log.append(topic, [aRecord(`${n}`)]))
  const stayer = await join(t, log, topic, { maxRecords: 1 })
  const batches = [await nextBatch(stayer), await nextBatch(stayer)]
  const guest = await join(t, other, topic)
  await eventuallyHolding([stayer, guest], [1, 1])
  const [kept = -1] = stayer.assigned()
  const keptBatch = batches.find(({ records }) => records[0]?.partition === kept)
  assert.equal(keptBatch?.revoked.aborted, false)
  await guest.close()
  await eventuallyHolding([stayer], [2])
  assert.deepEqual(await keptBatch?.commit(), [kept])
  const lost = batches.find((batch) => batch !== keptBatch)
  assert.deepEqual(await lost?.commit(), [], 'it came back as another holding')
  const [again] = await take(stayer, 1)
  assert.equal(again?.partition, lost?.records[0]?.partition, 'and is read again')
})

test('reading starts at the first offset still there when the committed one has left the log', async (t) => {
  const cluster = kafkaCluster(t)
  const topic = await cluster.testTopic(1)
  const log = cluster.open()
  placesOf(
    await log.append(
      topic,
      ['0', '1', '2', '3', '4'].map((text) => aRecord(text)),
    ),
  )
  const first = await join(t, log, topic, { maxRecords: 1 })
  await (await nextBatch(first)).commit()
  await first.close()
  await cluster.admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 3n }] }] })
  const [lag] = await log.lag(topic, groupOf(topic))
  assert.deepEqual([lag?.start, lag?.end, lag?.committed, lag?.lag], [3n, 5n, 1n, 2n])
  assert.deepEqual((await log.read(topic, 0, 0n, 10)).map(textOf), ['3', '4'])
  assert.deepEqual((await take(await join(t, log, topic), 2)).map(textOf), ['3', '4'])
})

test('a committed offset beyond the end of the log means reading from its start, not losing what comes', async (t) => {
  const cluster = kafkaCluster(t)
  const topic = await cluster.testTopic(1)
  const log = cluster.open()
  placesOf(await log.append(topic, [aRecord('0'), aRecord('1')]))
  const beyond = [{ name: topic, partitionOffsets: [{ partition: 0, offset: 1_000n }] }]
  await cluster.admin.alterConsumerGroupOffsets({ groupId: groupOf(topic), topics: beyond })
  assert.equal((await log.lag(topic, groupOf(topic)))[0]?.lag, 0n)
  assert.deepEqual((await take(await join(t, log, topic), 2)).map(textOf), ['0', '1'])
})

test('a consumer of a topic that was deleted ends', async (t) => {
  const cluster = kafkaCluster(t)
  const topic = await cluster.testTopic(1)
  const log = cluster.open()
  placesOf(await log.append(topic, [aRecord('x')]))
  const consumer = await join(t, log, topic)
  await (await nextBatch(consumer)).commit()
  const waiting = consumer.next()
  waiting.catch(() => {})
  await cluster.admin.deleteTopics({ topics: [topic] })
  await eventually(() => assert.rejects(waiting, { code: 'LOG_UNAVAILABLE' }).then(() => true))
  await cluster.testTopic(1, {}, topic)
})

test('records of a foreign producer are read as they are, whatever is in them', async (t) => {
  const cluster = kafkaCluster(t)
  const topic = await cluster.testTopic(1)
  const log = cluster.open()
  const foreign = new Producer({ clientId: 'foreign', bootstrapBrokers: brokersOfTests() })
  foreign.on('error', () => {})
  cluster.defer(() => foreign.close())
  const garbage = Buffer.from([0, 0xff, 0xc3, 0x28])
  await foreign.send({
    messages: [
      { topic, partition: 0, key: garbage, value: garbage, headers: new Map([[garbage, garbage]]) },
      { topic, partition: 0, value: Buffer.alloc(0) },
    ],
  })
  const [first, second] = await take(await join(t, log, topic), 2)
  assert.deepEqual(first?.value, garbage)
  assert.equal(typeof first?.key, 'string')
  assert.deepEqual(second?.value, Buffer.alloc(0))
  assert.deepEqual(
    (await log.newest(topic, 10)).map(({ offset }) => offset),
    [1n, 0n],
  )
})

test('tells when the log took a record, not when its producer says that it wrote it', async (t) => {
  const cluster = kafkaCluster(t)
  const topic = await cluster.testTopic(1)
  const log = cluster.open()
  const foreign = new Producer({ clientId: 'foreign', bootstrapBrokers: brokersOfTests() })
  foreign.on('error', () => {})
  cluster.defer(() => foreign.close())
  await foreign.send({ messages: [{ topic, partition: 0, value: Buffer.from('x'), timestamp: 86_400_000n }] })
  const [lag] = await log.lag(topic, groupOf(topic))
  const [record] = await take(await join(t, log, topic), 1)
  for (const at of [lag?.oldestWaitingAt, record?.appendedAt])
    assert.ok(at && Math.abs(at.getTime() - Date.now()) < 60_000, String(at))
})
