import type { Logger } from '@sluice/runtime/logger'
import { type Consumer, type EventLog, LogUnavailableError } from './event-log.ts'
import { openAdmin } from './kafka/admin.ts'
import { APPEND_BUDGET_MS, createKafkaAppend } from './kafka/append.ts'
import { ask } from './kafka/ask.ts'
import { closeInTime } from './kafka/close-in-time.ts'
import type { KafkaConnection } from './kafka/connection.ts'
import { openKafkaConsumer } from './kafka/consumer.ts'
import { createLook } from './kafka/look.ts'
import { openPartitionReader, type PartitionReader } from './kafka/partition-reader.ts'
import { createProducers } from './kafka/producers.ts'
import { createKafkaTopics } from './kafka/topics.ts'
import { MAX_RECORD_BYTES } from './record-size.ts'

export type KafkaEventLogOptions = {
  connection: KafkaConnection
  /** How the brokers call us in their logs. */
  clientId: string
  log: Pick<Logger, 'info' | 'warn'>
  /** The topics that must take records for `ready`; others work too. */
  topics?: readonly string[]
  /** A member that gives no sign of life for this long loses its partitions, in ms; within what the brokers allow. */
  sessionTimeoutMs?: number
  /** How often members give a sign of life, in ms: also how soon they hear of a rebalance. */
  heartbeatMs?: number
  /** Key, value and headers of one record together; the topic's own limit counts as well. */
  maxRecordBytes?: number
  /** All the time that an append has, in ms; then its outcome is `unknown`. */
  appendBudgetMs?: number
}

/** How many produce requests may be under way to one broker; partitions are divided among the producers. */
const PRODUCERS = 2
const REACH_LIMIT_MS = 1_000

/**
 * The log in Apache Kafka. Its clients connect when they are needed and close with it; brokers may be away at any time.
 * Rides out by itself: leaders and coordinators that move, lost connections, brokers that are away for less than 3 s. Beyond
 * that appends are refused or unknown within their budget, consumers end with LogUnavailableError, and both work again
 * within seconds after a broker answers: appends by themselves, consuming when it is asked for anew.
 */
export function createKafkaEventLog({
  connection,
  clientId,
  log,
  topics: mustTake = [],
  sessionTimeoutMs = 10_000,
  heartbeatMs = 1_000,
  maxRecordBytes = MAX_RECORD_BYTES,
  appendBudgetMs = APPEND_BUDGET_MS,
}: KafkaEventLogOptions): EventLog {
  const admin = openAdmin(connection, clientId)
  const topics = createKafkaTopics(admin)
  const producers = createProducers(connection, clientId, PRODUCERS)
  const append = createKafkaAppend({ topics, producers, maxRecordBytes, budgetMs: appendBudgetMs })
  const readers = new Map<string, PartitionReader>()
  const consumers = new Set<Consumer>()
  /** Under which the coordinator may still know a consumer of ours that ended without its answer, by topic and group. */
  const memberIds = new Map<string, string[]>()
  const readerOf = (topic: string) => {
    let reader = readers.get(topic)
    if (!reader) {
      reader = openPartitionReader(connection, clientId, topic)
      readers.set(topic, reader)
    }
    return reader
  }
  const look = createLook({ admin, topics, readerOf, mustTake })
  let closed = false
  let hasReached = false
  /** Once, so that the first events of a process do not wait for connections and producer ids: 0.5 s where a broker is new, too. */
  const reachLeaders = () =>
    ask('reaching the leaders of its partitions', REACH_LIMIT_MS, async () => {
      for (const name of mustTake) await producers.reachAll(name, (await topics.find(name)).partitions)
    })

  return {
    append: append.append,
    async consume(options) {
      if (closed) throw new LogUnavailableError('the log is closed')
      const topic = await topics.find(options.topic)
      const name = `${topic.id}:${options.group}`
      const leftBehind = memberIds.get(name) ?? []
      memberIds.set(name, leftBehind)
      const consumer = await openKafkaConsumer({
        connection,
        clientId,
        admin,
        topic,
        options,
        sessionTimeoutMs,
        heartbeatMs,
        leftBehind,
        log,
        onEnd() {
          consumers.delete(consumer)
          topics.forget(options.topic) // it may have ended because the topic did
        },
      })
      consumers.add(consumer)
      return consumer
    },
    lag: look.lag,
    newest: look.newest,
    read: look.read,
    async ready() {
      await look.ready()
      if (hasReached) return
      await reachLeaders()
      hasReached = true
    },
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      append.close()
      await Promise.all([...consumers].map((consumer) => consumer.close()))
      await Promise.all([producers.close(), ...[...readers.values()].map((reader) => reader.close())])
      await closeInTime(admin, () => admin.close())
    },
  }
}
