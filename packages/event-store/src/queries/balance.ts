import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'

/** What became of the records accepted in one minute, each counted once. A redrive moves one from `deadLettered` to `stored`. */
export type BalanceMinute = {
  /** The minute of the receipt; of the processing where no receipt could be read. */
  minute: Date
  stored: number
  /** Open, redriving or dismissed. */
  deadLettered: number
  repeats: number
}

const PER_MINUTE = `
  SELECT minute, sum(stored)::float8 AS stored, sum(dead_lettered)::float8 AS "deadLettered", sum(repeats)::float8 AS repeats
  FROM balance_minute
  WHERE minute > now() - $1 * interval '1 minute' AND ($2::text IS NULL OR tenant_id = $2)
  GROUP BY minute ORDER BY minute`

/**
 * The balance of the records accepted in the last minutes, oldest first; minutes without any are absent.
 * @param question.minutes 1 to 1,440
 * @throws {StoreUnavailableError} retryable
 */
export async function readBalance(
  pool: Pool,
  question: { minutes: number; tenantId: string | null },
): Promise<BalanceMinute[]> {
  const { rows } = await asStoreErrors('reading the balance', () =>
    pool.query<BalanceMinute>(PER_MINUTE, [question.minutes, question.tenantId]),
  )
  return rows
}

/**
 * The first minute in which anything was received that was ever settled; null when nothing was.
 * @throws {StoreUnavailableError} retryable
 */
export async function readFirstReceivedMinute(pool: Pool): Promise<Date | null> {
  const { rows } = await asStoreErrors('reading the first minute', () =>
    pool.query<{ minute: Date }>('SELECT minute FROM balance_minute ORDER BY minute LIMIT 1'),
  )
  return rows[0]?.minute ?? null
}

/** How far one partition is settled and what its positions became; `next − base` less the three counts is unaccounted for. */
export type SettledPartition = {
  topicGeneration: string
  partition: number
  base: bigint
  next: bigint
  stored: bigint
  deadLettered: bigint
  repeats: bigint
  settledAt: Date
}

type Row = Record<'generation' | 'base' | 'next' | 'stored' | 'dead_lettered' | 'repeats', string> & {
  partition: number
  settled_at: Date
}

/**
 * Every partition of a topic that was ever settled, of all its generations.
 * @throws {StoreUnavailableError} retryable
 */
export async function readSettledPartitions(pool: Pool, topic: string): Promise<SettledPartition[]> {
  const { rows } = await asStoreErrors('reading settled positions', () =>
    pool.query<Row>('SELECT * FROM settled_offsets WHERE topic = $1 ORDER BY generation, partition', [topic]),
  )
  return rows.map((row) => ({
    topicGeneration: row.generation,
    partition: row.partition,
    base: BigInt(row.base),
    next: BigInt(row.next),
    stored: BigInt(row.stored),
    deadLettered: BigInt(row.dead_lettered),
    repeats: BigInt(row.repeats),
    settledAt: row.settled_at,
  }))
}
