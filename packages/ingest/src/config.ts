import type { ApiKeyEntry } from '@sluice/contract/api-keys'
import { type EventLogConfig, parseEventLogConfig } from '@sluice/event-log/config'
import { parseApiKeys } from '@sluice/gate/api-keys'
import { type GateConfig, parseGateConfig } from '@sluice/gate/config'
import { type Env, type EnvReader, readEnv } from '@sluice/runtime/env'
import { LOG_LEVELS, type LogLevel } from '@sluice/runtime/logger'

export type IngestConfig = {
  host: string
  port: number
  /** Where this process alone answers for its health and numbers when it shares `port` with others; null: nowhere but on `port`. */
  operationsPort: number | null
  logLevel: LogLevel
  /** Those of API_KEYS, always in force; empty when all are in the database. */
  apiKeys: readonly ApiKeyEntry[]
  /** Where further keys are made and revoked; null: `apiKeys` are all that there are. */
  keysDatabaseUrl: string | null
  ratePerMin: number
  maxEventBytes: number
  maxInFlightBytes: number
  /** How long `/readyz` says 503 before connections are refused, so that balancers notice. */
  shutdownDelayMs: number
  gate: GateConfig
  eventLog: EventLogConfig
}

/** Reads every setting of ingest; throws one ConfigError that lists every problem. */
export function parseIngestConfig(env: Env): { config: IngestConfig; read: EnvReader } {
  const read = readEnv(env)
  const apiKeys = parseApiKeys(read)
  // Also with log and gate elsewhere: then it holds the keys alone.
  const keysDatabaseUrl = read.url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'], secret: true })
  if (apiKeys === null && keysDatabaseUrl === null)
    read.problem(
      'API_KEYS must name at least one key, tenant_a:key_a,tenant_b:key_b, where no DATABASE_URL names the database that holds keys',
    )
  const config = read.finish({
    host: read.string('HOST', { fallback: '127.0.0.1' }),
    port: read.integer('INGEST_PORT', { fallback: 8080, min: 0, max: 65_535 }),
    operationsPort: read.integer('INGEST_OPERATIONS_PORT', { min: 0, max: 65_535 }),
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, { fallback: 'info' }),
    apiKeys: apiKeys ?? [],
    keysDatabaseUrl,
    ratePerMin: read.integer('RATE_LIMIT_PER_MIN', { fallback: 300, min: 1, max: 1_000_000_000 }),
    maxEventBytes: read.integer('MAX_EVENT_BYTES', { fallback: 262_144, min: 1_024, max: 1_048_576 }),
    maxInFlightBytes: read.integer('INGEST_MAX_INFLIGHT_BYTES', {
      fallback: 67_108_864,
      min: 1_048_576,
      max: 4_294_967_296,
    }),
    shutdownDelayMs: read.duration('SHUTDOWN_DELAY', { fallback: '1s' }),
    gate: parseGateConfig(read),
    eventLog: parseEventLogConfig(read),
  })
  return { config, read }
}
