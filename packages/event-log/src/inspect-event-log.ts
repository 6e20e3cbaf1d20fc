import type { Finding } from '@sluice/runtime/finding'
import type { EventLogConfig } from './config.ts'

/**
 * What there is to say about the engine that keeps the log: whether it answers, its version, and whether it is set up as it
 * should be. Changes nothing; an engine that is away is a finding, not an error. Bounded in time: about 10 s.
 */
export async function inspectEventLog(config: EventLogConfig): Promise<readonly Finding[]> {
  switch (config.engine) {
    case 'postgres': {
      const { inspectPostgres } = await import('./postgres/inspect.ts')
      return inspectPostgres(config.url)
    }
    case 'kafka': {
      const { inspectKafka } = await import('./kafka/inspect.ts')
      return inspectKafka(config.connection)
    }
    default:
      return config satisfies never
  }
}
