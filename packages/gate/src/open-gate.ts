import type { Logger } from '@sluice/runtime/logger'
import type { GateConfig } from './config.ts'
import type { Gate } from './gate.ts'

/**
 * Opens the gate that the settings name, with connections of its own, which close with it. Only the driver that is used
 * gets loaded. The engine may be away: then verdicts are `degraded` and `ready` says so until it is back.
 */
export async function openGate(config: GateConfig, { log }: { log: Logger }): Promise<Gate> {
  switch (config.engine) {
    case 'postgres': {
      const { openPostgresGate } = await import('./postgres/open.ts')
      return openPostgresGate(config, log)
    }
    case 'redis': {
      const { openRedisGate } = await import('./redis/open.ts')
      return openRedisGate(config, log)
    }
    default:
      return config satisfies never
  }
}
