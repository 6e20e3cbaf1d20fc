import type { Pool } from '@sluice/runtime/postgres'
import type { GateCounts, KeyState } from '../gate.ts'
import { COUNTS_KEPT_MS, QUESTION_LIMIT_MS } from '../timing.ts'
import { claimKey } from './items.ts'
import { queryWithin } from './query.ts'

// One statement: the rows and the moment since when they are whole belong to one snapshot and one clock.
const COUNTS = `
  WITH clock AS (SELECT coalesce($3::timestamptz, clock_timestamp()) AS now)
  SELECT s.since, c.now, g.minute, g.tenant_id, g.accepted::float8, g.duplicates::float8, g.limited::float8
  FROM clock c
  CROSS JOIN gate_counts_since s
  LEFT JOIN gate_counts g ON g.minute >= date_trunc('minute', c.now, 'UTC') - ($2 - 1) * interval '1 minute'
    AND ($1::text IS NULL OR g.tenant_id = $1)
  ORDER BY g.minute, g.tenant_id`

type CountsRow = { since: Date; now: Date } & (
  | { minute: Date; tenant_id: string; accepted: number; duplicates: number; limited: number }
  | { minute: null }
)

/** Answers `Gate.counts`; `at` is null for PostgreSQL's own clock. */
export async function readCounts(
  pool: Pool,
  tenantId: string | null,
  minutes: number,
  at: Date | null,
): Promise<GateCounts> {
  const rows = await queryWithin<CountsRow>(pool, QUESTION_LIMIT_MS, {
    name: 'gate_counts',
    text: COUNTS,
    values: [tenantId, minutes, at],
  })
  const counted = rows.flatMap((row) => {
    if (row.minute === null) return []
    const { minute, tenant_id, accepted, duplicates, limited } = row
    return [{ minute, tenantId: tenant_id, accepted, duplicates, limited }]
  })
  const [first] = rows
  if (first === undefined) throw new Error('gate_counts_since is empty')
  return { minutes: counted, since: new Date(Math.max(first.since.getTime(), first.now.getTime() - COUNTS_KEPT_MS)) }
}

const FIND = `
  SELECT g.receipt_id, g.state, h.is_held, CASE WHEN h.is_held THEN greatest(g.expires_at, g.lease_until) ELSE g.expires_at END AS expires_at
  FROM (SELECT coalesce($2::timestamptz, clock_timestamp()) AS now) c
  JOIN gate_claims g ON g.key = $1 AND NOT gate_is_over(g, c.now)
  CROSS JOIN LATERAL (SELECT g.state = 'pending' AND g.lease_until > c.now AS is_held) h`

type FindRow = { receipt_id: string; state: 'pending' | 'unknown' | 'done'; is_held: boolean; expires_at: Date }

/** Answers `Gate.find`; `at` is null for PostgreSQL's own clock. */
export async function findClaim(
  pool: Pool,
  tenantId: string,
  idempotencyKey: string,
  at: Date | null,
): Promise<KeyState | null> {
  const [row] = await queryWithin<FindRow>(pool, QUESTION_LIMIT_MS, {
    name: 'gate_find',
    text: FIND,
    values: [claimKey(tenantId, idempotencyKey), at],
  })
  if (row === undefined) return null
  const state = row.state === 'done' ? 'accepted' : row.is_held ? 'in_flight' : 'unknown'
  return { state, receiptId: row.receipt_id, expiresAt: row.expires_at }
}
