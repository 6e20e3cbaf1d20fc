import type { EnvReader } from '@sluice/runtime/env'
import { parseRedisAddress, type RedisAddress } from './redis/address.ts'

type Behaviour = {
  /** How long a key is remembered, ms. */
  windowMs: number
  /** How many ingest processes share a tenant's limit while the engine is away. */
  workers: number
}

export type PostgresGateConfig = Behaviour & { engine: 'postgres'; url: string }
export type RedisGateConfig = Behaviour & { engine: 'redis'; address: RedisAddress }

/** Which engine keeps the gate, and how it behaves. */
export type GateConfig = PostgresGateConfig | RedisGateConfig

/** Reads where the gate is: in Redis when REDIS_ADDR is set, else in PostgreSQL. Problems are told to the reader, whose `finish` refuses. */
export function parseGateConfig(read: EnvReader): GateConfig {
  const address = readRedisAddress(read)
  // A day at most: each key costs 150 to 270 bytes for as long as it is remembered, and the store's unique key holds anyway.
  const windowMs = read.duration('IDEMPOTENCY_WINDOW', { fallback: '30m', minMs: 1_000, maxMs: 86_400_000 })
  const workers = read.integer('INGEST_WORKERS', { fallback: 1, min: 1 })
  if (address !== null) return { engine: 'redis', address, windowMs, workers }
  return { engine: 'postgres', url: readDatabaseUrl(read), windowMs, workers }
}

function readDatabaseUrl(read: EnvReader): string {
  const url = read.url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'], secret: true })
  if (url === null) read.problem('DATABASE_URL must be set; `npm start` sets it for the database that it brings along')
  return url ?? ''
}

const NOWHERE: RedisAddress = { host: '', port: 0, tls: false, username: null, password: null, database: 0 }

/** Null when the gate is not in Redis. The address is a secret, as it may hold a password. */
function readRedisAddress(read: EnvReader): RedisAddress | null {
  const text = read.secret('REDIS_ADDR')
  const password = read.secret('REDIS_PASSWORD')
  if (text === null) return null
  const address = parseRedisAddress(text.trim())
  if ('expected' in address) {
    read.problem(`REDIS_ADDR must be ${address.expected}; its value is not shown, as it may hold a password`)
    return NOWHERE
  }
  if (password === null) return address
  if (address.password !== null)
    read.problem('REDIS_PASSWORD is set and REDIS_ADDR holds a password, too; keep one of them')
  return { ...address, password }
}
