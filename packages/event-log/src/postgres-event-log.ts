import type { Logger } from '@sluice/runtime/logger'
import type { Pool } from '@sluice/runtime/postgres'
import { type Consumer, type EventLog, LogUnavailableError } from './event-log.ts'
import { createAnnounce } from './postgres/announce.ts'
import { APPEND_BUDGET_MS, createAppend } from './postgres/append.ts'
import { openPostgresConsumer } from './postgres/consumer.ts'
import { checkReady, readFrom, readLag, readNewest } from './postgres/look.ts'
import { createTopics } from './postgres/topics.ts'
import { MAX_RECORD_BYTES } from './record-size.ts'

export type PostgresEventLogOptions = {
  /** For appends and reads; `statement_timeout` 3 s. Stays the caller's to close, after the log. */
  pool: Pool
  /** Where each consumer opens the session that holds its locks: a direct connection or a pooler in session mode. */
  url: string
  log: Pick<Logger, 'info' | 'warn'>
  /** A member that gives no sign of life for this long loses its partitions, in ms. */
  sessionTimeoutMs?: number
  /** How often members give a sign of life and look at their share, in ms; well below the session timeout. */
  heartbeatMs?: number
  /** How long a consumer sleeps at most when no notification comes, in ms. */
  pollMs?: number
  /** Key, value and headers of one record together. */
  maxRecordBytes?: number
  /** All the time that an append has, in ms; then its outcome is `unknown`. */
  appendBudgetMs?: number
}

/** The log on PostgreSQL, for one database. Its tables are those of `migrations/`. */
export function createPostgresEventLog({
  pool,
  url,
  log,
  sessionTimeoutMs = 10_000,
  heartbeatMs = 1_000,
  pollMs = 500,
  maxRecordBytes = MAX_RECORD_BYTES,
  appendBudgetMs = APPEND_BUDGET_MS,
}: PostgresEventLogOptions): EventLog {
  const topics = createTopics(pool)
  const consumers = new Set<Consumer>()
  const announce = createAnnounce(pool)
  const append = createAppend({ pool, topics, maxRecordBytes, budgetMs: appendBudgetMs, announce })
  let closed = false

  return {
    async append(topic, records) {
      if (!closed) return append(topic, records)
      const error = new LogUnavailableError('the log is closed')
      return records.map(() => ({ type: 'refused', error }))
    },
    async consume(options) {
      if (closed) throw new LogUnavailableError('the log is closed')
      const topic = await topics.find(options.topic)
      let consumer: Consumer | undefined
      consumer = await openPostgresConsumer({
        url,
        pool,
        topic,
        options,
        sessionTimeoutMs,
        heartbeatMs,
        pollMs,
        log,
        onEnd: () => {
          // It may end while it is being opened.
          if (consumer !== undefined) consumers.delete(consumer)
          topics.forget(options.topic) // it may have ended because the topic did
        },
      })
      consumers.add(consumer)
      return consumer
    },
    lag: (topic, group) => readLag(pool, topic, group),
    newest: (topic, limit, before) => readNewest(pool, topics, topic, limit, before ?? null),
    read: (topic, partition, from, limit) => readFrom(pool, topics, topic, partition, from, limit),
    ready: () => checkReady(pool),
    async [Symbol.asyncDispose]() {
      closed = true
      await Promise.all([...consumers].map((consumer) => consumer.close()))
    },
  }
}
