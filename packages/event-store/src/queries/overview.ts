import { percentileFromBuckets } from '@sluice/contract/latency-buckets'
import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'
import { latencySums } from './sql-conditions.ts'

/** What the store says of the last minutes, by the time of storage; read from rollups, never from events. */
export type StoreOverview = {
  /** By the database's clock; the numbers reach up to here, in steps of 10 s at their far end. */
  asOf: Date
  storedLast1m: number
  storedLast5m: number
  deadLetteredLast5m: number
  repeatsLast5m: number
  /** From acceptance to storage over the last 5 min, in ms; null when nothing was stored. */
  endToEndMs: { p50: number; p95: number; p99: number } | null
}

type OverviewRow = {
  as_of: Date
  stored_1m: number
  stored_5m: number
  dead_lettered_5m: number
  repeats_5m: number
  latency: number[]
}

/** Along the primary key: 30 buckets. */
const OVERVIEW = `
  SELECT now() AS as_of,
         coalesce(sum(stored) FILTER (WHERE bucket > now() - interval '1 minute'), 0)::float8 AS stored_1m,
         coalesce(sum(stored), 0)::float8 AS stored_5m,
         coalesce(sum(dead_lettered), 0)::float8 AS dead_lettered_5m,
         coalesce(sum(repeats), 0)::float8 AS repeats_5m,
         ${latencySums('latency')} AS latency
  FROM rollup_10s
  WHERE bucket > now() - interval '5 minutes' AND ($1::text IS NULL OR tenant_id = $1)`

/**
 * @param tenantId null: all tenants
 * @throws {StoreUnavailableError} retryable
 */
export async function readOverview(pool: Pool, tenantId: string | null): Promise<StoreOverview> {
  const { rows } = await asStoreErrors('reading the overview', () => pool.query<OverviewRow>(OVERVIEW, [tenantId]))
  const [row] = rows
  if (row === undefined) throw new TypeError('an aggregate without a row')
  return {
    asOf: row.as_of,
    storedLast1m: row.stored_1m,
    storedLast5m: row.stored_5m,
    deadLetteredLast5m: row.dead_lettered_5m,
    repeatsLast5m: row.repeats_5m,
    endToEndMs: percentilesOf(row.latency),
  }
}

/** The three percentiles that people are shown; null when nothing was counted. */
export function percentilesOf(latency: readonly number[]): { p50: number; p95: number; p99: number } | null {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => percentileFromBuckets(latency, q))
  return p50 == null || p95 == null || p99 == null ? null : { p50, p95, p99 }
}
