import { type Clock, systemClock } from '@sluice/runtime/clock'
import type { Logger } from '@sluice/runtime/logger'
import type { Pool } from '@sluice/runtime/postgres'
import { type AdmitRow, readVerdicts } from './admit-rows.ts'
import { degradeWhenAway, type GateEngine } from './degrade.ts'
import type { ClaimOutcome, Gate } from './gate.ts'
import { admitQuery } from './postgres/admit.ts'
import { type GroupedItems, toGroupedItems } from './postgres/items.ts'
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
}

/**
 * The gate on PostgreSQL, one function call per `admit` and `settle`: migrations/0001-gate.sql. Sweeps in the background
 * until it is disposed, which leaves the pool open.
 */
export function createPostgresGate(options: PostgresGateOptions): Gate {
  const { pool, windowMs, leaseMs = CLAIM_LEASE_MS, limits = CALL_LIMITS, log, clock, workers = 1 } = options
  const now = () => (clock === undefined ? null : new Date(clock.now()))
  const sweep = startSweep(pool, now)

  const engine: GateEngine = {
    async admit(requests) {
      const grouped = toGroupedItems(requests)
      const query = admitQuery(grouped, { leaseMs, windowMs, at: now() })
      return readVerdicts(grouped, await queryWithin<AdmitRow>(pool, limits.admitMs, query))
    },
    async settle(outcomes) {
      await queryWithin(pool, limits.settleMs, settleQuery(toGroupedItems(outcomes), windowMs, now()))
    },
    counts: (tenantId, minutes) => readCounts(pool, tenantId, minutes, now()),
    find: (tenantId, idempotencyKey) => findClaim(pool, tenantId, idempotencyKey, now()),
    async ready() {
      // A call of nothing: it answers only if the server does and the schema is there.
      await queryWithin(pool, QUESTION_LIMIT_MS, admitQuery(toGroupedItems([]), { leaseMs, windowMs, at: now() }))
    },
    [Symbol.asyncDispose]: () => sweep[Symbol.asyncDispose](),
  }
  return degradeWhenAway(engine, { clock: clock ?? systemClock, workers, log })
}

function settleQuery(grouped: GroupedItems<ClaimOutcome>, windowMs: number, at: Date | null) {
  const { items, tenants, sizes, keys, fingerprints, tokens, receipts } = grouped
  const outcomes = items.map(({ outcome }) => outcome)
  return {
    name: 'gate_settle',
    text: 'SELECT gate_settle($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    values: [tenants, sizes, keys, fingerprints, tokens, receipts, outcomes, windowMs, at],
  }
}
