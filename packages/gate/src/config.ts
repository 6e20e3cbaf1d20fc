import type { EnvReader } from '@sluice/runtime/env'

/** Which engine keeps the gate, and how it behaves. */
export type GateConfig = {
  engine: 'postgres'
  url: string
  /** How long a key is remembered, ms. */
  windowMs: number
  /** How many ingest processes share a tenant's limit while the engine is away. */
  workers: number
}

/** Reads where the gate is. Problems are told to the reader, whose `finish` refuses. */
export function parseGateConfig(read: EnvReader): GateConfig {
  const url = read.url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'], secret: true })
  if (url === null) read.problem('DATABASE_URL must be set; `npm start` sets it for the database that it brings along')
  // A day at most: each key costs about 150 bytes for as long as it is remembered, and the store's unique key holds anyway.
  const windowMs = read.duration('IDEMPOTENCY_WINDOW', { fallback: '30m', minMs: 1_000, maxMs: 86_400_000 })
  const workers = read.integer('INGEST_WORKERS', { fallback: 1, min: 1 })
  return { engine: 'postgres', url: url ?? '', windowMs, workers }
}
