import type { TestContext } from 'node:test'
import { type TestDatabase, testDatabase } from '@sluice/runtime/testing/test-database'
import type { EventLog } from '#src/event-log.ts'
import { createPostgresEventLog, type PostgresEventLogOptions } from '#src/postgres-event-log.ts'
import { testTopicName } from './harness.ts'

export const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silent }

/**
 * No poll within a test: whatever wakes a consumer is a notification. Sessions and appends live long enough for a busy machine, which
 * must not make members silent or outcomes unknown.
 */
const TIMING = { sessionTimeoutMs: 6_000, heartbeatMs: 200, pollMs: 60_000, appendBudgetMs: 30_000 }

export type LogDatabase = TestDatabase & {
  open(options?: Partial<PostgresEventLogOptions>): EventLog
  testTopic(partitions: number): Promise<string>
  /** Runs at the end of the test, before the database goes. */
  defer(end: () => void | Promise<void>): void
}

/** A database of its own with logs on it, tied to `t`. */
export async function logDatabase(t: TestContext): Promise<LogDatabase> {
  const logs = new AsyncDisposableStack()
  t.after(() => logs.disposeAsync()) // before the database goes: what is tied to t first ends first
  const database = await testDatabase(t)
  const { pool, url } = database
  return {
    ...database,
    open: (options) => logs.use(createPostgresEventLog({ pool, url, log: silent, ...TIMING, ...options })),
    defer: (end) => logs.defer(end),
    async testTopic(partitions) {
      const topic = testTopicName()
      await database.sql('SELECT log_create_topic($1, $2)', [topic, partitions])
      return topic
    },
  }
}
