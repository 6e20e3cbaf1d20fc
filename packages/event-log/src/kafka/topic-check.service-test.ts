import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { testTopicName } from '#src/testing/harness.ts'
import { kafkaCluster } from '#src/testing/kafka-cluster.ts'
import { silent } from '#src/testing/log-database.ts'
import { startTopicCheck, type TopicCheck } from './topic-check.ts'
import { readTopicFacts } from './topic-facts.ts'

/** Starts a check for two topics of this test alone, and collects what it says. */
async function checkOf(t: TestContext, create: boolean) {
  const cluster = kafkaCluster(t)
  const topics = { [testTopicName()]: 6, [testTopicName()]: 3 }
  const names = Object.keys(topics)
  cluster.defer(async () => {
    const made = [...(await readTopicFacts(cluster.admin, names)).keys()]
    if (made.length > 0) await cluster.admin.deleteTopics({ topics: made })
  })
  const said: string[] = []
  const say = (event: string) => void said.push(event)
  const log = { ...silent, info: say, warn: say, error: say }
  const start = async () => {
    const check = await startTopicCheck({ admin: cluster.admin, topics, create, retentionMs: 3_600_000, log })
    cluster.defer(() => check.close())
    return check
  }
  return { ...cluster, names, said, start }
}

/** A first look that was too slow for its limit is followed by another. */
const passes = (check: TopicCheck) =>
  eventually(() => {
    check.passed()
    return true
  })

test('makes the topics that are missing, as the platform wants them', async (t) => {
  const { admin, names, said, start } = await checkOf(t, true)
  await passes(await start())
  const facts = await readTopicFacts(admin, names)
  const [first, second] = names.map((name) => facts.get(name))
  assert.deepEqual([first?.partitions, second?.partitions], [6, 3])
  assert.deepEqual([first?.retentionMs, first?.timestampType], [3_600_000, 'LogAppendTime'])
  assert.ok((first?.maxMessageBytes ?? 0) > 2_097_152)
  assert.deepEqual(said, ['log.topics_created', 'log.topic', 'log.topic'], 'that one replica is few is said once')
  await start()
  assert.equal(said.filter((event) => event === 'log.topics_created').length, 1)
})

test('processes that start together make them once', async (t) => {
  const { start } = await checkOf(t, true)
  for (const check of await Promise.all([start(), start(), start()])) await passes(check)
})

test('says what to do when it may not make them, and passes once somebody did', async (t) => {
  const { admin, names, said, start } = await checkOf(t, false)
  const check = await start()
  assert.throws(() => check.passed(), {
    code: 'LOG_UNAVAILABLE',
    message: /create-topics\.sh, or set KAFKA_CREATE_TOPICS/,
  })
  assert.deepEqual(said, ['log.topics_missing'])
  await admin.createTopics({ topics: names, partitions: 3, replicas: 1 })
  await passes(check)
})
