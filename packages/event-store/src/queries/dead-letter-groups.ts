import type { DeadLetterReason } from '@sluice/contract/dead-letter'
import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'
import { type DeadLetterFilter, deadLetterConditions, statesOf } from './dead-letter-filter.ts'

/** Dead letters that failed alike: for the same reason at the same place. */
export type DeadLetterGroup = {
  reason: DeadLetterReason
  pointer: string | null
  count: number
  /** The earliest first failure and the latest failure. */
  firstSeen: Date
  lastSeen: Date
  /** The largest first, at most ten of `tenantCount`. */
  tenants: { tenantId: string | null; count: number }[]
  tenantCount: number
  /** The one that failed last. */
  exampleId: string
}

export type DeadLetterGroups = {
  /** Largest first. */
  groups: DeadLetterGroup[]
  groupCount: number
  /** Of all groups together. */
  total: number
}

const MAX_TENANTS = 10

type Row = Omit<DeadLetterGroup, 'tenants'> & { tenants: string; groupCount: number; total: number }

/**
 * The dead letters that match, in groups of one failure.
 * @param limit 1 to 200 groups
 * @throws {StoreUnavailableError} retryable
 */
export async function groupDeadLetters(pool: Pool, filter: DeadLetterFilter, limit: number): Promise<DeadLetterGroups> {
  const where = deadLetterConditions(filter)
  const states = where.value(statesOf(filter))
  const { rows } = await asStoreErrors('grouping dead letters', () =>
    pool.query<Row>(
      // State by state along an index that holds all of this, in the order of the groups: the rows themselves are large, and nothing is
      // sorted or hashed.
      `WITH by_tenant AS (
         SELECT alike.reason, alike.pointer_key, alike.tenant_id, sum(alike.count)::bigint AS count,
                min(alike.first_seen) AS first_seen, max(alike.last_seen) AS last_seen
         FROM unnest(${states}::text[]) t (state)
         CROSS JOIN LATERAL (
           SELECT n.reason, n.pointer_key, n.tenant_id, count(*) AS count, min(n.first_failed_at) AS first_seen,
                  max(n.failed_at) AS last_seen
           FROM dead_letters n
           WHERE n.state = t.state AND ${where.toSql()}
           GROUP BY n.reason, n.pointer_key, n.tenant_id
         ) alike
         GROUP BY alike.reason, alike.pointer_key, alike.tenant_id
       ), ranked AS (
         SELECT *, row_number() OVER (PARTITION BY reason, pointer_key ORDER BY count DESC, tenant_id) AS place FROM by_tenant
       ), grouped AS (
         SELECT reason, pointer_key, sum(count) AS count, min(first_seen) AS first_seen, max(last_seen) AS last_seen,
                jsonb_agg(jsonb_build_object('tenantId', tenant_id, 'count', count) ORDER BY place)
                  FILTER (WHERE place <= ${MAX_TENANTS}) AS tenants,
                count(*) AS tenant_count
         FROM ranked GROUP BY reason, pointer_key
       )
       SELECT g.reason, example.pointer, g.count, g."firstSeen", g."lastSeen", g.tenants, g."tenantCount", g."groupCount", g.total,
              example.id AS "exampleId"
       FROM (
         SELECT reason, pointer_key, count::float8 AS count, first_seen AS "firstSeen", last_seen AS "lastSeen",
                tenants::text AS tenants, tenant_count::float8 AS "tenantCount", (count(*) OVER ())::float8 AS "groupCount",
                (sum(count) OVER ())::float8 AS total
         FROM grouped ORDER BY grouped.count DESC, reason, pointer_key LIMIT ${where.value(limit)}
       ) g
       CROSS JOIN LATERAL (
         SELECT n.id, n.pointer FROM dead_letters n
         WHERE n.state = ANY (${states}) AND n.failed_at = g."lastSeen" AND n.reason = g.reason
           AND n.pointer_key IS NOT DISTINCT FROM g.pointer_key AND ${where.toSql()}
         LIMIT 1
       ) example
       ORDER BY g.count DESC, g.reason, g.pointer_key`,
      where.values,
    ),
  )
  return {
    groups: rows.map(({ tenants, groupCount: _, total: __, ...group }) => ({ ...group, tenants: JSON.parse(tenants) })),
    groupCount: rows[0]?.groupCount ?? 0,
    total: rows[0]?.total ?? 0,
  }
}
