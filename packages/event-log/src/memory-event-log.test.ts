import { describeEventLog } from './event-log.contract.ts'
import { createMemoryEventLog } from './memory-event-log.ts'
import { testTopicName } from './testing/harness.ts'

describeEventLog('memory', async (t) => {
  const log = createMemoryEventLog({ topics: {} })
  t.after(() => log[Symbol.asyncDispose]())
  return {
    open: async () => log.openAgain(),
    async testTopic(partitions) {
      const topic = testTopicName()
      log.createTopic(topic, partitions)
      return topic
    },
  }
})
