import { parseEventLogConfig } from '@sluice/event-log/config'
import { openEventLog } from '@sluice/event-log/open'
import { readEnv } from '@sluice/runtime/env'
import { createLogger } from '@sluice/runtime/logger'
import type { Database } from './database.ts'
import { createPortTopicLog } from './port-topic-log.ts'
import { createPostgresTopicLog, type TopicLog } from './topic-log.ts'

/**
 * The topics that the platform works on with these settings: in Kafka where they name one, read by the platform's own port; else
 * in the database, read by SQL of our own.
 */
export async function openTopicLog(
  life: AsyncDisposableStack,
  database: Database,
  settings: Readonly<Record<string, string | undefined>>,
): Promise<TopicLog> {
  if (!settings.KAFKA_BROKERS) return createPostgresTopicLog(database)
  const read = readEnv(settings)
  const config = read.finish({ eventLog: parseEventLogConfig(read) }).eventLog
  // How the topics are set up is said by the processes themselves.
  const log = createLogger({ name: 'deep-verify', level: 'error', destination: process.stderr })
  return createPortTopicLog(life.use(await openEventLog(config, { log })))
}
