import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'

/** What became of the records received in one minute, as counted, and how far that differs from the rows. */
export type LedgerMinute = {
  minute: Date
  stored: number
  /** Open, redriving or dismissed. */
  deadLettered: number
  repeats: number
  /** Counted less found; 0 when the last comparison found all. */
  missingStored: number
  missingDeadLettered: number
  /** Null: never compared. */
  checkedAt: Date | null
}

/** How far a partition is settled, in its newest life, and what all its lives became. */
export type LedgerPartition = { partition: number; next: bigint; settled: number; counted: number }

export type Ledger = {
  asOf: Date
  /** Every minute, oldest first, the running one last. */
  minutes: LedgerMinute[]
  /** Empty before anything was settled. */
  partitions: LedgerPartition[]
}

const RUNNING = `date_bin('1 minute', now(), '2000-01-01 00:00Z')`

// Minutes and positions in one statement, hence of one snapshot: what is counted here does not wait in the log any more. What is said
// once is in the first row only, and times are numbers: `pg` takes 2 µs for a date, and there are 1,440 rows.
const LEDGER = `
  WITH counted AS (
    SELECT minute, sum(stored) AS stored, sum(dead_lettered) AS dead_lettered, sum(repeats) AS repeats
    FROM balance_minute
    WHERE minute >= ${RUNNING} - ($1 - 1) * interval '1 minute' AND ($2::text IS NULL OR tenant_id = $2) GROUP BY minute
  ), gaps AS (
    SELECT minute, sum(stored) AS stored, sum(dead_lettered) AS dead_lettered
    FROM balance_gaps
    WHERE minute >= ${RUNNING} - ($1 - 1) * interval '1 minute' AND ($2::text IS NULL OR tenant_id = $2) GROUP BY minute
  ), positions AS (
    SELECT jsonb_agg(jsonb_build_object('partition', p.partition, 'next', p.next::text, 'settled', p.settled, 'counted', p.counted)) AS list
    FROM (
      SELECT partition, (array_agg(next ORDER BY settled_at DESC))[1] AS next, sum(next - base) AS settled,
             sum(stored + dead_lettered + repeats) AS counted
      FROM settled_offsets WHERE topic = $3 GROUP BY partition
    ) p
  )
  SELECT extract(epoch FROM m.minute)::float8 * 1000 AS minute, coalesce(c.stored, 0)::float8 AS stored, coalesce(c.dead_lettered, 0)::float8 AS "deadLettered",
         coalesce(c.repeats, 0)::float8 AS repeats, coalesce(g.stored, 0)::float8 AS "missingStored",
         coalesce(g.dead_lettered, 0)::float8 AS "missingDeadLettered",
         extract(epoch FROM k.checked_at)::float8 * 1000 AS "checkedAt",
         CASE WHEN m.nth = 1 THEN now() END AS as_of, CASE WHEN m.nth = 1 THEN (SELECT list FROM positions)::text END AS positions
  FROM generate_series(${RUNNING} - ($1 - 1) * interval '1 minute', ${RUNNING}, interval '1 minute')
       WITH ORDINALITY m (minute, nth)
  LEFT JOIN counted c ON c.minute = m.minute
  LEFT JOIN gaps g ON g.minute = m.minute
  LEFT JOIN balance_checks k ON k.minute = m.minute
  ORDER BY m.minute`

/** Times in Unix ms. */
type Row = Omit<LedgerMinute, 'minute' | 'checkedAt'> & {
  minute: number
  checkedAt: number | null
  as_of: Date | null
  positions: string | null
}

/**
 * The ledger of the last minutes of receipt, and how far the topic is settled.
 * @param question.minutes 1 to 1,440
 * @throws {StoreUnavailableError} retryable
 */
export async function readLedger(
  pool: Pool,
  question: { minutes: number; tenantId: string | null; topic: string },
): Promise<Ledger> {
  const { rows } = await asStoreErrors('reading the ledger', () =>
    pool.query<Row>(LEDGER, [question.minutes, question.tenantId, question.topic]),
  )
  const [first] = rows
  if (first?.as_of == null) throw new TypeError('a series without a minute')
  const partitions: (Omit<LedgerPartition, 'next'> & { next: string })[] = JSON.parse(first.positions ?? '[]')
  return {
    asOf: first.as_of,
    minutes: rows.map(({ as_of: _, positions: __, minute, checkedAt, ...counts }) => ({
      ...counts,
      minute: new Date(minute),
      checkedAt: checkedAt === null ? null : new Date(checkedAt),
    })),
    partitions: partitions.map((partition) => ({ ...partition, next: BigInt(partition.next) })),
  }
}

export type BalanceCandidate = {
  receiptId: string
  tenantId: string
  minute: Date
  source: { topic: string; partition: number; offset: bigint }
}

/**
 * Records of the log that have no row, newest minutes first: what the gaps of the last minutes may consist of.
 * @param question.limit 1 to 1,000
 * @throws {StoreUnavailableError} retryable
 */
export async function listBalanceCandidates(
  pool: Pool,
  question: { minutes: number; tenantId: string | null; limit: number },
): Promise<BalanceCandidate[]> {
  type CandidateRow = Omit<BalanceCandidate, 'source'> & { topic: string; partition: number; offset: string }
  const { rows } = await asStoreErrors('listing what gaps may consist of', () =>
    pool.query<CandidateRow>(
      `SELECT receipt_id AS "receiptId", tenant_id AS "tenantId", minute, topic, partition, record_offset AS "offset"
       FROM balance_candidates
       WHERE minute >= ${RUNNING} - ($1 - 1) * interval '1 minute' AND ($2::text IS NULL OR tenant_id = $2)
       ORDER BY minute DESC, receipt_id LIMIT $3`,
      [question.minutes, question.tenantId, question.limit],
    ),
  )
  return rows.map(({ topic, partition, offset, ...row }) => ({
    ...row,
    source: { topic, partition, offset: BigInt(offset) },
  }))
}
