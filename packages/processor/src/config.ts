import { type EventLogConfig, parseEventLogConfig } from '@sluice/event-log/config'
import { type Env, type EnvReader, readEnv } from '@sluice/runtime/env'
import { LOG_LEVELS, type LogLevel } from '@sluice/runtime/logger'

export type ProcessorConfig = {
  host: string
  /** Health and metrics only. */
  port: number
  logLevel: LogLevel
  databaseUrl: string
  eventLog: EventLogConfig
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
  })
  return { config, read }
}
