import type { Logger } from '@sluice/runtime/logger'
import type { EventLogConfig } from './config.ts'
import type { EventLog } from './event-log.ts'

/**
 * Opens the log that the settings name, with connections of its own, which close with it. Only the driver that is used
 * gets loaded. The engine may be away: then `ready` says so until it is back.
 * @throws {ConfigError} the database is behind a pooler in transaction mode
 */
export async function openEventLog(config: EventLogConfig, { log }: { log: Logger }): Promise<EventLog> {
  switch (config.engine) {
    case 'postgres': {
      const { openPostgresEventLog } = await import('./postgres/open.ts')
      return openPostgresEventLog(config, log)
    }
    case 'kafka': {
      const { openKafkaEventLog } = await import('./kafka/open.ts')
      return openKafkaEventLog(config, log)
    }
    default:
      return config satisfies never
  }
}
