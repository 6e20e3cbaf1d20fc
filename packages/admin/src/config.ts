import type { ApiKeyEntry } from '@sluice/contract/api-keys'
import { type EventLogConfig, parseEventLogConfig } from '@sluice/event-log/config'
import { parseApiKeys } from '@sluice/gate/api-keys'
import { type GateConfig, parseGateConfig } from '@sluice/gate/config'
import { type Env, type EnvReader, readEnv } from '@sluice/runtime/env'
import { LOG_LEVELS, type LogLevel } from '@sluice/runtime/logger'

export type AdminConfig = {
  host: string
  port: number
  logLevel: LogLevel
  /** Null: nobody is asked for a token, and the server listens on loopback only. */
  adminToken: string | null
  databaseUrl: string
  /** What tenants see their own receipts with, and test events are sent with; empty when unset. */
  apiKeys: readonly ApiKeyEntry[]
  /** Where admin itself reaches ingest, for test events; null when unset. */
  ingestUrl: string | null
  /** The address that people are shown; `ingestUrl` unless producers reach ingest elsewhere. */
  publicIngestUrl: string | null
  ratePerMin: number
  /** How long rows and records are kept, ms: told to people, done by others. */
  retentionMs: { events: number; deadLetters: number; log: number }
  gate: GateConfig
  eventLog: EventLogConfig
}

const HTTP = { protocols: ['http:', 'https:'] }
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/

/** Reads every setting of admin; throws one ConfigError that lists every problem. */
export function parseAdminConfig(env: Env): { config: AdminConfig; read: EnvReader } {
  const read = readEnv(env)
  const host = read.string('HOST', { fallback: '127.0.0.1' })
  const adminToken = read.secret('ADMIN_TOKEN')
  if (adminToken !== null && !/^[\x21-\x7e]{16,}$/.test(adminToken))
    read.problem('ADMIN_TOKEN must be 16 or more visible ASCII characters')
  const databaseUrl = read.url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'], secret: true })
  const ingestUrl = read.url('INGEST_URL', HTTP)
  const config = read.finish({
    // Without a token whoever reaches the port may read everything, so only this machine may.
    host: adminToken === null && !LOOPBACK.test(host) ? '127.0.0.1' : host,
    port: read.integer('ADMIN_PORT', { fallback: 8081, min: 0, max: 65_535 }),
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, { fallback: 'info' }),
    adminToken,
    databaseUrl: databaseUrl ?? '',
    apiKeys: parseApiKeys(read) ?? [],
    ingestUrl,
    publicIngestUrl: read.url('INGEST_PUBLIC_URL', HTTP) ?? ingestUrl,
    ratePerMin: read.integer('RATE_LIMIT_PER_MIN', { fallback: 300, min: 1, max: 1_000_000_000 }),
    retentionMs: {
      events: read.duration('EVENTS_RETENTION', { fallback: '30d' }),
      deadLetters: read.duration('DEAD_LETTERS_RETENTION', { fallback: '14d' }),
      log: read.duration('LOG_RETENTION', { fallback: '7d' }),
    },
    gate: parseGateConfig(read),
    eventLog: parseEventLogConfig(read),
  })
  return { config, read }
}
