import type { TestContext } from 'node:test'
import { type TestDatabase, testDatabase } from '@sluice/runtime/testing/test-database'
import { testTopicName } from './contract/harness.ts'
import { describeEventLog } from './event-log.contract.ts'
import { createPostgresEventLog } from './postgres-event-log.ts'

const silent = { info: () => {}, warn: () => {} }

describeEventLog('postgres', async (t: TestContext) => {
  const logs = new AsyncDisposableStack()
  t.after(() => logs.disposeAsync()) // before the database goes: what is tied to t first ends first
  const database: TestDatabase = await testDatabase(t)
  return {
    async open() {
      const { pool, url } = database
      // No poll within a test: whatever wakes a consumer here is a notification.
      const timing = { sessionTimeoutMs: 2_000, heartbeatMs: 200, pollMs: 60_000 }
      const log = createPostgresEventLog({ pool, url, log: silent, ...timing })
      return logs.use(log)
    },
    async testTopic(partitions) {
      const topic = testTopicName()
      await database.sql('SELECT log_create_topic($1, $2)', [topic, partitions])
      return topic
    },
  }
})
