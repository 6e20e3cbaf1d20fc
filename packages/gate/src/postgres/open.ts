import type { Logger } from '@sluice/runtime/logger'
import { closePool, openPool, type Pool } from '@sluice/runtime/postgres'
import type { PostgresGateConfig } from '../config.ts'
import type { Gate } from '../gate.ts'
import { createPostgresGate } from '../postgres-gate.ts'

/** Opens a gate whose pool closes with it. */
export function openPostgresGate({ url, windowMs, workers }: PostgresGateConfig, log: Logger): Gate {
  const pool = openGatePool(url, log)
  const gate = createPostgresGate({ pool, windowMs, workers, log })
  return {
    ...gate,
    async [Symbol.asyncDispose]() {
      await gate[Symbol.asyncDispose]()
      await closePool(pool)
    },
  }
}

const SESSION = {
  // Tables never analysed, as after a crash, were scanned: 20 repeats took 15 ms instead of 0.8. A forbidden scan costs the
  // planner so much that it would compile the query.
  enable_seqscan: 'off',
  jit: 'off',
  // Arrays of any length want one plan: planning anew costs a tenth of a call.
  plan_cache_mode: 'force_generic_plan',
  // Each statement of a function must see what its locks waited for, whatever the database's own default is.
  default_transaction_isolation: 'read committed',
}

/**
 * Connections as the gate's functions want them. Never shared: a log that commits like this would lose what it acknowledged.
 * @param lockTimeoutMs below the 250 ms of admit, so that the server says why
 */
export function openGatePool(url: string, log: Pick<Logger, 'warn'>, lockTimeoutMs = 200): Pool {
  return openPool({
    url,
    max: 5, // one for each micro-batch that ingest may have in flight, one for the sweep and questions
    applicationName: 'sluice-gate',
    statementTimeoutMs: Math.max(2_000, lockTimeoutMs),
    lockTimeoutMs,
    // All that is lost in a crash may be lost: claims and limits are unlogged, counts of the last half second are not worth a sync.
    synchronousCommit: 'off',
    settings: SESSION,
    log,
  })
}
