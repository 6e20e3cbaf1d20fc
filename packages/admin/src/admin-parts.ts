import type { ApiKeyEntry } from '@sluice/contract/api-keys'
import type { EventLog } from '@sluice/event-log'
import type { Gate } from '@sluice/gate'
import type { Clock } from '@sluice/runtime/clock'
import type { Logger } from '@sluice/runtime/logger'
import type { Pool } from '@sluice/runtime/postgres'
import type { LagMonitor } from './lag/lag-monitor.ts'
import type { LiveStreams } from './live/live-routes.ts'
import type { PlatformHealth } from './platform/platform-health.ts'
import type { RedriveRunner } from './redrives/redrive-runner.ts'

/** What is set, as far as routes need it. */
export type AdminSettings = {
  gateEngine: string
  asksForToken: boolean
  ratePerMin: number
  /** How long a key is remembered, and what is kept, in ms. */
  windowMs: number
  retentionMs: { events: number; deadLetters: number; log: number }
  /** Where admin itself reaches ingest; null when it was not told. */
  ingestUrl: string | null
  /** The address that producers use; null when admin was not told. */
  publicIngestUrl: string | null
  /** Plain keys, for test events only. */
  apiKeys: readonly ApiKeyEntry[]
}

/** What the routes of the Admin API are made of. */
export type AdminParts = {
  pool: Pool
  eventLog: Pick<EventLog, 'newest' | 'read' | 'lag'>
  gate: Pick<Gate, 'counts' | 'find'>
  lag: LagMonitor
  live: LiveStreams
  platform: PlatformHealth
  redrives: Pick<RedriveRunner, 'wake'>
  /** The log's engine, by name. */
  engine: string
  settings: AdminSettings
  clock: Clock
  log: Logger
}
