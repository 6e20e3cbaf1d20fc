import type { TestContext } from 'node:test'
import { Admin } from '@platformatic/kafka'
import { eventually } from '@sluice/runtime/testing/eventually'
import type { EventLog } from '#src/event-log.ts'
import { createKafkaEventLog, type KafkaEventLogOptions } from '#src/kafka-event-log.ts'
import { testTopicName } from './harness.ts'
import { silent } from './log-database.ts'

/** The broker that the caller started; service tests run only when it is named. */
export function brokersOfTests(): string[] {
  const brokers = process.env.KAFKA_BROKERS
  if (!brokers) throw new Error('KAFKA_BROKERS must name the broker that the service tests use')
  return brokers.split(',')
}

/** Room for a record of the largest size and the head of its batch. */
const TOPIC_SETTINGS = { 'message.timestamp.type': 'LogAppendTime', 'max.message.bytes': String(2_097_152 + 65_536) }

/** Long enough for a busy machine, for the first append too, which connects; a rebalance is heard of within a heartbeat. */
const TIMING = { sessionTimeoutMs: 6_000, heartbeatMs: 100, appendBudgetMs: 30_000 }

export type KafkaCluster = {
  admin: Admin
  open(options?: Partial<KafkaEventLogOptions>): EventLog
  /** Makes a topic for this test alone. */
  testTopic(partitions: number, settings?: Readonly<Record<string, string>>, name?: string): Promise<string>
  /** Runs at the end of the test, while the topics are still there. */
  defer(end: () => void | Promise<void>): void
}

/** Logs on the shared broker with topics of their own, tied to `t`. */
export function kafkaCluster(t: TestContext, brokers = brokersOfTests()): KafkaCluster {
  const connection = { brokers, tls: null, sasl: null }
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: brokers, retries: 3, retryDelay: 100 })
  admin.on('error', () => {})
  const topics = new Set<string>()
  const stack = new AsyncDisposableStack()
  stack.defer(() => admin.close())
  stack.defer(async () => {
    if (topics.size > 0) await admin.deleteTopics({ topics: [...topics] })
  })
  t.after(() => stack.disposeAsync())
  return {
    admin,
    open: (options) =>
      stack.use(createKafkaEventLog({ connection, clientId: 'test', log: silent, ...TIMING, ...options })),
    async testTopic(partitions, settings = {}, topic = testTopicName()) {
      const configs = Object.entries({ ...TOPIC_SETTINGS, ...settings }).map(([name, value]) => ({ name, value }))
      await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs })
      topics.add(topic)
      // The broker answers the request before it knows the topic itself.
      await eventually(async () => {
        const { topics: known } = await admin.metadata({ topics: [topic], forceUpdate: true })
        return known.get(topic)?.partitions.every(({ leader }) => leader >= 0)
      })
      return topic
    },
    defer: (end) => stack.defer(end),
  }
}
