import { TOPIC_PARTITIONS } from '@sluice/contract/topics'
import type { Logger } from '@sluice/runtime/logger'
import type { EventLogConfig } from '#src/config.ts'
import type { EventLog } from '#src/event-log.ts'
import { createKafkaEventLog } from '#src/kafka-event-log.ts'
import { openAdmin } from './admin.ts'
import { closeInTime } from './close-in-time.ts'
import { startTopicCheck } from './topic-check.ts'

type KafkaConfig = Extract<EventLogConfig, { engine: 'kafka' }>

const CLIENT_ID = 'sluice'

/** The log with clients of its own. Brokers that are away, or topics that are missing, are waited for by `ready`. */
export async function openKafkaEventLog(config: KafkaConfig, log: Logger): Promise<EventLog> {
  const { connection, createTopics, retentionMs } = config
  const admin = openAdmin(connection, CLIENT_ID)
  const check = await startTopicCheck({ admin, topics: TOPIC_PARTITIONS, create: createTopics, retentionMs, log })
  const eventLog = createKafkaEventLog({ connection, clientId: CLIENT_ID, log, topics: Object.keys(TOPIC_PARTITIONS) })
  return {
    ...eventLog,
    async ready() {
      check.passed()
      await eventLog.ready()
    },
    async [Symbol.asyncDispose]() {
      check.close()
      await eventLog[Symbol.asyncDispose]()
      await closeInTime(admin, () => admin.close())
    },
  }
}
