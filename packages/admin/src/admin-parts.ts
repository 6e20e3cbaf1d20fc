import type { EventLog } from '@sluice/event-log'
import type { Gate } from '@sluice/gate'
import type { Clock } from '@sluice/runtime/clock'
import type { Logger } from '@sluice/runtime/logger'
import type { Pool } from '@sluice/runtime/postgres'
import type { LagMonitor } from './lag-monitor.ts'
import type { PlatformHealth } from './platform-health.ts'

/** What the routes of the Admin API are made of. */
export type AdminParts = {
  pool: Pool
  eventLog: Pick<EventLog, 'newest' | 'read' | 'lag'>
  gate: Pick<Gate, 'counts' | 'find'>
  lag: LagMonitor
  platform: PlatformHealth
  /** The log's engine, by name. */
  engine: string
  clock: Clock
  log: Logger
}
