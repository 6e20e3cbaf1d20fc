import type { Pool } from '@sluice/runtime/postgres'
import { readFoldedUntil } from '../fold-rollups.ts'
import { asStoreErrors } from '../store-errors.ts'

/** What was settled of one tenant in the last hour and the last 24, by the time of storage. */
export type TenantTotals = {
  tenantId: string
  stored1h: number
  deadLettered1h: number
  stored24h: number
  deadLettered24h: number
  /** The last minute in which anything of it was settled. */
  lastSeenAt: Date
}

const TOTALS = `
  SELECT tenant_id AS "tenantId", sum(stored) FILTER (WHERE recent)::float8 AS "stored1h",
         sum(dead_lettered) FILTER (WHERE recent)::float8 AS "deadLettered1h", sum(stored)::float8 AS "stored24h",
         sum(dead_lettered)::float8 AS "deadLettered24h", max(bucket) AS "lastSeenAt"
  FROM (
    SELECT t.tenant_id, t.bucket, t.stored, t.dead_lettered, t.bucket > now() - interval '1 hour' AS recent
    FROM rollup_totals t
    WHERE t.tenant_id NOT IN ('*', '') AND t.bucket > now() - interval '24 hours' AND t.bucket < $1::timestamptz
    UNION ALL
    SELECT m.tenant_id, m.bucket, m.stored, m.dead_lettered, m.bucket > now() - interval '1 hour'
    FROM rollup_minute m
    WHERE m.tenant_id <> '' AND m.bucket > now() - interval '24 hours' AND m.bucket >= $1::timestamptz
  ) counted
  GROUP BY tenant_id ORDER BY tenant_id`

/**
 * Every tenant of which anything was settled in the last 24 hours, by name.
 * @throws {StoreUnavailableError} retryable
 */
export async function readTenantTotals(pool: Pool): Promise<TenantTotals[]> {
  const { rows } = await asStoreErrors('reading the totals of tenants', async () =>
    pool.query<{ [Name in keyof TenantTotals]: TenantTotals[Name] | null }>(TOTALS, [await readFoldedUntil(pool)]),
  )
  return rows.map(
    (row) => ({ ...row, stored1h: row.stored1h ?? 0, deadLettered1h: row.deadLettered1h ?? 0 }) as TenantTotals,
  )
}
