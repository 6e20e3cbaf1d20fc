import { describeEventLog } from './event-log.contract.ts'
import { logDatabase } from './testing/log-database.ts'

describeEventLog('postgres', async (t) => {
  const database = await logDatabase(t)
  return { open: async () => database.open(), testTopic: database.testTopic }
})
