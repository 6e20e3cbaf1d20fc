import { testTopicName } from './contract/harness.ts'
import { describeEventLog } from './event-log.contract.ts'
import { createMemoryEventLog } from './memory-event-log.ts'

describeEventLog('memory', async (t) => {
  const log = createMemoryEventLog({ topics: {} })
  t.after(() => log[Symbol.asyncDispose]())
  return {
    open: async () => log,
    async testTopic(partitions) {
      const topic = testTopicName()
      log.createTopic(topic, partitions)
      return topic
    },
  }
})
