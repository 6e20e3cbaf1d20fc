import { isTenantId } from '@sluice/contract/identifiers'
import { type EventLogConfig, parseEventLogConfig } from '@sluice/event-log/config'
import { type GateConfig, parseGateConfig } from '@sluice/gate/config'
import { type Env, type EnvReader, readEnv } from '@sluice/runtime/env'
import { LOG_LEVELS, type LogLevel } from '@sluice/runtime/logger'
import type { ApiKeyEntry } from './keyring.ts'

export type IngestConfig = {
  host: string
  port: number
  logLevel: LogLevel
  apiKeys: readonly ApiKeyEntry[]
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
  const config = read.finish({
    host: read.string('HOST', { fallback: '127.0.0.1' }),
    port: read.integer('INGEST_PORT', { fallback: 8080, min: 0, max: 65_535 }),
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, { fallback: 'info' }),
    apiKeys,
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

/** `API_KEYS=tenant_a:key_a,tenant_b:key_b`; a tenant may have several keys, a key belongs to one tenant. */
function parseApiKeys(read: EnvReader): ApiKeyEntry[] {
  const entries: ApiKeyEntry[] = []
  const text = read.secret('API_KEYS')
  if (text === null) read.problem('API_KEYS must name at least one key: tenant_a:key_a,tenant_b:key_b')
  for (const [index, pair] of (text?.split(',') ?? []).entries()) {
    const colon = pair.indexOf(':')
    const [tenantId, key] = [pair.slice(0, colon).trim(), pair.slice(colon + 1).trim()]
    const place = `API_KEYS, entry ${index + 1}`
    if (colon < 1 || key === '') read.problem(`${place} must be tenant:key`)
    else if (!isTenantId(tenantId)) read.problem(`${place}: a tenant is 1 to 64 characters of A-Z a-z 0-9 _ -`)
    else if (!/^[\x21-\x7e]+$/.test(key)) read.problem(`${place}: a key is made of visible ASCII characters`)
    else if (entries.some((entry) => entry.key === key && entry.tenantId !== tenantId))
      read.problem(`${place} repeats the key of another tenant`)
    else entries.push({ tenantId, key })
  }
  return entries
}
