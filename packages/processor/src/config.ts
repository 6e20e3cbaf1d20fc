import { type EventLogConfig, parseEventLogConfig } from '@sluice/event-log/config'
import type { Retention } from '@sluice/event-store/delete-expired'
import { type Env, type EnvReader, readEnv } from '@sluice/runtime/env'
import { LOG_LEVELS, type LogLevel } from '@sluice/runtime/logger'

export type ProcessorConfig = {
  host: string
  /** Health and metrics only. */
  port: number
  logLevel: LogLevel
  databaseUrl: string
  eventLog: EventLogConfig
  retention: Retention & {
    /** How long the PostgreSQL log keeps its records; Kafka keeps its own as its topics are set up. */
    logMs: number
  }
}

/** Reads every setting of the processor; throws one ConfigError that lists every problem. */
export function parseProcessorConfig(env: Env): { config: ProcessorConfig; read: EnvReader } {
  const read = readEnv(env)
  const databaseUrl = read.url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'], secret: true })
  const config = read.finish({
    host: read.string('HOST', { fallback: '127.0.0.1' }),
    port: read.integer('PROCESSOR_PORT', { fallback: 8082, min: 0, max: 65_535 }),
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, { fallback: 'info' }),
    databaseUrl: databaseUrl ?? '',
    eventLog: parseEventLogConfig(read),
    retention: parseRetention(read),
  })
  return { config, read }
}

const MINUTE_MS = 60_000

/**
 * A record of the log may be read again for as long as the log keeps it. What became of it has to be known for as long, or
 * a repeat would be stored twice.
 */
function parseRetention(read: EnvReader): ProcessorConfig['retention'] {
  const logMs = read.duration('LOG_RETENTION', { fallback: '7d', minMs: MINUTE_MS })
  const eventsMs = read.duration('EVENTS_RETENTION', { fallback: '30d', minMs: MINUTE_MS })
  const deadLettersMs = read.duration('DEAD_LETTERS_RETENTION', { fallback: '14d', minMs: MINUTE_MS })
  for (const [name, ms] of [
    ['EVENTS_RETENTION', eventsMs],
    ['DEAD_LETTERS_RETENTION', deadLettersMs],
  ] as const)
    if (ms < logMs)
      read.problem(
        `${name} must not be shorter than LOG_RETENTION: a record that is read again would be stored twice; make it longer, or LOG_RETENTION shorter`,
      )
  // As long an operation that is sent again changes nothing; what it changed must not be gone before.
  const auditMs = read.duration('AUDIT_RETENTION', { fallback: '365d', minMs: MINUTE_MS })
  if (auditMs < deadLettersMs)
    read.problem('AUDIT_RETENTION must not be shorter than DEAD_LETTERS_RETENTION: it tells who closed them')
  return { eventsMs, deadLettersMs, auditMs, logMs }
}
