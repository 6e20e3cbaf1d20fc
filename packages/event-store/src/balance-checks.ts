import type { Pool } from '@sluice/runtime/postgres'
import type { Source } from './queries/stored-event.ts'
import { asStoreErrors } from './store-errors.ts'

/** Minutes that are due to be compared: from `from` on, before `until`. */
export type DueMinutes = { from: Date; until: Date }

const MINUTE_MS = 60_000
const RUNNING = `date_bin('1 minute', now(), '2000-01-01 00:00Z')`

// The oldest comparison first, minutes never compared before all, the newest of them first.
const DUE = `
  SELECT m.minute
  FROM generate_series(${RUNNING} - ($1 - 1) * interval '1 minute', ${RUNNING} - interval '1 minute', interval '1 minute') m (minute)
  LEFT JOIN balance_checks c ON c.minute = m.minute
  WHERE c.checked_at IS NULL OR c.checked_at < now() - $2 * interval '1 second'
  ORDER BY c.checked_at IS NOT NULL, c.checked_at, m.minute DESC LIMIT 1`

/**
 * The complete minutes that want to be compared next, a run of at most `limit` that ends with the one most due; null when all were compared
 * within `freshSeconds`.
 * @param windowMinutes 2 to 1,440: how far back
 * @throws {StoreUnavailableError} retryable
 */
export async function findDueMinutes(
  pool: Pool,
  question: { windowMinutes: number; freshSeconds: number; limit: number },
): Promise<DueMinutes | null> {
  const { rows } = await asStoreErrors('finding minutes to compare', () =>
    pool.query<{ minute: Date }>(DUE, [question.windowMinutes, question.freshSeconds]),
  )
  const [due] = rows
  if (due === undefined) return null
  const until = due.minute.getTime() + MINUTE_MS
  const oldest = Math.floor(Date.now() / MINUTE_MS - question.windowMinutes + 1) * MINUTE_MS
  return {
    from: new Date(Math.max(until - question.limit * MINUTE_MS, Math.min(oldest, due.minute.getTime()))),
    until: new Date(until),
  }
}

/** How many tenants' minutes differ; how many pages of events were looked at for how many rows that were counted. */
export type BalanceCheck = { gaps: number; pages: number; counted: number }

// From the inside out: pages looked at so far, the comparison, pages looked at then.
const CHECK = `
  SELECT c.gaps, (pg_stat_get_xact_blocks_fetched('events'::regclass) - c.before)::float8 AS pages,
         (SELECT coalesce(sum(b.stored), 0)::float8 FROM balance_minute b WHERE b.minute >= $1 AND b.minute < $2) AS counted
  FROM (
    SELECT b.before, check_balance($1, $2)::float8 AS gaps
    FROM (SELECT pg_stat_get_xact_blocks_fetched('events'::regclass) AS before OFFSET 0) b OFFSET 0
  ) c`

/**
 * Compares what was counted with the rows, minute by minute, and keeps what differs. Exact at any moment, the running minute
 * too. May run in several processes.
 * @throws {StoreUnavailableError} retryable
 */
export async function checkBalance(pool: Pool, { from, until }: DueMinutes): Promise<BalanceCheck> {
  const { rows } = await asStoreErrors('comparing the balance with the rows', () =>
    pool.query<BalanceCheck>(CHECK, [from, until]),
  )
  return rows[0] ?? { gaps: 0, pages: 0, counted: 0 }
}

/**
 * Forgets comparisons and gaps older than `minutes`.
 * @throws {StoreUnavailableError} retryable
 */
export async function forgetBalanceChecks(pool: Pool, minutes: number): Promise<void> {
  await asStoreErrors('forgetting comparisons', async () => {
    for (const table of ['balance_checks', 'balance_gaps'])
      await pool.query(`DELETE FROM ${table} WHERE minute < now() - $1 * interval '1 minute'`, [minutes])
  })
}

/**
 * How many rows the comparisons of the last 24 h miss,and how many they find that nobody counted.
 * @throws {StoreUnavailableError} retryable
 */
export async function readGap(pool: Pool): Promise<{ missing: number; uncounted: number }> {
  const { rows } = await asStoreErrors('reading the gap', () =>
    pool.query<{ missing: number; uncounted: number }>(
      `SELECT coalesce(sum(greatest(stored, 0) + greatest(dead_lettered, 0)), 0)::float8 AS missing,
              -coalesce(sum(least(stored, 0) + least(dead_lettered, 0)), 0)::float8 AS uncounted
       FROM balance_gaps WHERE minute > now() - interval '24 hours'`,
    ),
  )
  return rows[0] ?? { missing: 0, uncounted: 0 }
}

/** A gap that nobody has looked into yet. */
export type UnsearchedGap = { minute: Date; tenantId: string }

/** @throws {StoreUnavailableError} retryable */
export async function findUnsearchedGap(pool: Pool): Promise<UnsearchedGap | null> {
  const { rows } = await asStoreErrors('finding a gap', () =>
    pool.query<UnsearchedGap>(
      `SELECT minute, tenant_id AS "tenantId" FROM balance_gaps
       WHERE searched_at IS NULL AND stored + dead_lettered > 0 ORDER BY minute DESC LIMIT 1`,
    ),
  )
  return rows[0] ?? null
}

export type GapCandidate = { receiptId: string; source: Source }

/**
 * Keeps those of the records that have no row of any kind, as what the gap may consist of.
 * @param records at most 20,000
 * @returns how many have none
 * @throws {StoreUnavailableError} retryable
 */
export async function keepGapCandidates(
  pool: Pool,
  gap: UnsearchedGap,
  records: readonly GapCandidate[],
): Promise<number> {
  const { rowCount } = await asStoreErrors('keeping what a gap may consist of', async () => {
    const kept = await pool.query(
      `INSERT INTO balance_candidates (minute, tenant_id, receipt_id, topic, partition, record_offset)
       SELECT g.minute, g.tenant_id, r.receipt_id, r.topic, r.partition, r.record_offset
       FROM (
         SELECT DISTINCT ON (u.receipt_id) u.* FROM unnest($3::uuid[], $4::text[], $5::integer[], $6::bigint[])
           u (receipt_id, topic, partition, record_offset) ORDER BY u.receipt_id, u.record_offset
       ) r
       JOIN balance_gaps g ON g.minute = $1 AND g.tenant_id = $2
       WHERE NOT EXISTS (SELECT FROM events e WHERE e.id = r.receipt_id)
         AND NOT EXISTS (SELECT FROM dead_letters d WHERE d.receipt_id = r.receipt_id)
         AND NOT EXISTS (SELECT FROM receipt_aliases a WHERE a.receipt_id = r.receipt_id)
       ORDER BY r.receipt_id LIMIT 1000
       ON CONFLICT DO NOTHING`,
      [
        gap.minute,
        gap.tenantId,
        records.map(({ receiptId }) => receiptId),
        records.map(({ source }) => source.topic),
        records.map(({ source }) => source.partition),
        records.map(({ source }) => source.offset),
      ],
    )
    await pool.query('UPDATE balance_gaps SET searched_at = now() WHERE minute = $1 AND tenant_id = $2', [
      gap.minute,
      gap.tenantId,
    ])
    return kept
  })
  return rowCount ?? 0
}
