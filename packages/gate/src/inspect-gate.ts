import type { Finding } from '@sluice/runtime/finding'
import type { GateConfig } from './config.ts'

/**
 * Looks at the gate's engine as a production setup would want it: whether it answers and how fast, its version and settings, its
 * tables. Takes at most 5 s, changes nothing, and does not throw: what is wrong is a finding.
 */
export async function inspectGate(config: GateConfig): Promise<readonly Finding[]> {
  switch (config.engine) {
    case 'postgres': {
      const { inspectPostgresGate } = await import('./postgres/inspect.ts')
      return inspectPostgresGate(config)
    }
    case 'redis': {
      const { inspectRedisGate } = await import('./redis/inspect.ts')
      return inspectRedisGate(config)
    }
    default:
      return config satisfies never
  }
}
