import type { Clock } from '@sluice/runtime/clock'
import type { Logger } from '@sluice/runtime/logger'
import type { Pool } from '@sluice/runtime/postgres'
import { createTurns } from '@sluice/runtime/turns'
import { type AdmitRow, readVerdicts } from './admit-rows.ts'
import { degradeWhenAway, type GateEngine } from './degrade.ts'
import type { Gate } from './gate.ts'
import { admitQuery, settleQuery } from './postgres/admit.ts'
import { toGroupedItems } from './postgres/items.ts'
import { queryWithin } from './postgres/query.ts'
import { findClaim, readCounts } from './postgres/questions.ts'
import { startSweep } from './postgres/sweep.ts'
import { CALL_LIMITS, type CallLimits, CLAIM_LEASE_MS, QUESTION_LIMIT_MS } from './timing.ts'

export type PostgresGateOptions = {
  /** Connections of the gate alone, with synchronous_commit off and enable_seqscan off: see open-gate.ts. */
  pool: Pool
  /** How long a key is remembered, ms. */
  windowMs: number
  /** How long a claim is held for its holder, ms; 6 s unless given. */
  leaseMs?: number
  /** Tests of answers only: a machine at its limit must not decide them. CALL_LIMITS unless given. */
  limits?: CallLimits
  log: Pick<Logger, 'warn' | 'info'>
  /** Tests only: takes the place of PostgreSQL's clock, which production always uses. */
  clock?: Clock
  /** How many processes share the tenants' limits while PostgreSQL is away; 1 unless given. */
  workers?: number
  /** How long ends of claims wait to travel with an `admit`, ms; as `degradeWhenAway` has it unless given. */
  rideMs?: number
}

/**
 * The gate on PostgreSQL, one function call per `admit`, which ends claims as well: migrations/0001-gate.sql. Sweeps in the background
 * until it is disposed, which leaves the pool open.
 */
export function createPostgresGate(options: PostgresGateOptions): Gate {
  const { pool, windowMs, leaseMs = CLAIM_LEASE_MS, limits = CALL_LIMITS, log, clock, workers = 1, rideMs } = options
  const now = () => (clock === undefined ? null : new Date(clock.now()))
  const sweep = startSweep(pool, now)
  // They lock the same tenants and would wait for each other there; in turn each also sees what those before it left.
  const inTurn = createTurns()

  const engine: GateEngine = {
    async admit(requests, ended) {
      const grouped = toGroupedItems(requests)
      const query = admitQuery(grouped, ended, { leaseMs, windowMs, at: now() })
      return readVerdicts(grouped, await queryWithin<AdmitRow>(pool, limits.admitMs, query, inTurn))
    },
    async settle(outcomes) {
      await queryWithin(pool, limits.settleMs, settleQuery(outcomes, windowMs, now()), inTurn)
    },
    counts: (tenantId, minutes) => readCounts(pool, tenantId, minutes, now()),
    find: (tenantId, idempotencyKey) => findClaim(pool, tenantId, idempotencyKey, now()),
    async ready() {
      // A call of nothing: it answers only if the server does and the schema is there.
      await queryWithin(pool, QUESTION_LIMIT_MS, admitQuery(toGroupedItems([]), [], { leaseMs, windowMs, at: now() }))
    },
    [Symbol.asyncDispose]: () => sweep[Symbol.asyncDispose](),
  }
  return degradeWhenAway(engine, { clock, workers, log, rideMs })
}
