import { describeEventLog } from './event-log.contract.ts'
import { kafkaCluster } from './testing/kafka-cluster.ts'

describeEventLog('kafka', async (t) => {
  const cluster = kafkaCluster(t)
  return { open: async () => cluster.open(), testTopic: cluster.testTopic }
})
