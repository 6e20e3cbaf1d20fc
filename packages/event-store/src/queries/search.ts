import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'
import {
  DEAD_LETTER_TABLES,
  type DeadLetter,
  type DeadLetterRow,
  deadLetterColumns,
  toDeadLetter,
} from './dead-letter.ts'
import { EVENT_COLUMNS, EVENT_TABLES, type EventRow, type StoredEvent, toStoredEvent } from './stored-event.ts'

/** What was found, newest first; both may be empty. Dead letters come without their original bytes. */
export type Found = { events: StoredEvent[]; deadLetters: DeadLetter[] }

/** As many of each kind are answered. A producer that uses one event id for everything has more. */
const MAX_FOUND = 200

/**
 * What a tenant's event id leads to; several rows are possible, for event ids are the producer's.
 * @throws {StoreUnavailableError} retryable
 */
export const searchByEventId = (pool: Pool, tenantId: string, eventId: string): Promise<Found> =>
  search(pool, 'event_id', tenantId, eventId)

/**
 * What a tenant's idempotency key leads to: at most one row, and dead letters.
 * @throws {StoreUnavailableError} retryable
 */
export const searchByIdempotencyKey = (pool: Pool, tenantId: string, idempotencyKey: string): Promise<Found> =>
  search(pool, 'idempotency_key', tenantId, idempotencyKey)

async function search(
  pool: Pool,
  column: 'event_id' | 'idempotency_key',
  tenantId: string,
  value: string,
): Promise<Found> {
  // No row can hold a NUL, and PostgreSQL refuses to be asked for one.
  if (value.includes('\0')) return { events: [], deadLetters: [] }
  const values = [tenantId, value, MAX_FOUND]
  return asStoreErrors('searching events', async () => {
    const [events, deadLetters] = await Promise.all([
      pool.query<EventRow>(
        `SELECT ${EVENT_COLUMNS} FROM ${EVENT_TABLES}
         WHERE e.tenant_id = $1 AND e.${column} = $2 ORDER BY e.processed_at DESC, e.id DESC LIMIT $3`,
        values,
      ),
      pool.query<DeadLetterRow>(
        `SELECT ${deadLetterColumns({ original: false })} FROM ${DEAD_LETTER_TABLES}
         WHERE d.tenant_id = $1 AND d.${column} = $2 ORDER BY d.failed_at DESC, d.id DESC LIMIT $3`,
        values,
      ),
    ])
    return { events: events.rows.map(toStoredEvent), deadLetters: deadLetters.rows.map(toDeadLetter) }
  })
}

/** Where a receipt leads. A redriven event has both. */
export type FoundReceipt = {
  /** The receipt under which the event is settled: the one asked for, or the one that it stands for. */
  receiptId: string
  event: StoredEvent | null
  /** With its original bytes. */
  deadLetter: DeadLetter | null
}

// A repeat of a dead letter leads to the dead letter's receipt, and that to the row which closed it.
const RECEIPTS = `
  WITH RECURSIVE receipts (id, hops) AS (
    SELECT $1::uuid, 0
    UNION
    SELECT a.stands_for, r.hops + 1 FROM receipts r
    JOIN receipt_aliases a ON a.receipt_id = r.id AND ($2::text IS NULL OR a.tenant_id = $2) WHERE r.hops < 4
  )`

/**
 * The event or dead letter of a receipt, or of the receipt that it stands for; null when none is settled.
 * @param tenantId null: whoever's it is
 * @throws {StoreUnavailableError} retryable
 */
export async function findByReceipt(
  pool: Pool,
  receiptId: string,
  tenantId: string | null,
): Promise<FoundReceipt | null> {
  return asStoreErrors('finding a receipt', async () => {
    const [events, deadLetters] = await Promise.all([
      pool.query<EventRow>(
        `${RECEIPTS} SELECT ${EVENT_COLUMNS} FROM receipts r JOIN (${EVENT_TABLES}) ON e.id = r.id
         WHERE $2::text IS NULL OR e.tenant_id = $2 ORDER BY r.hops LIMIT 1`,
        [receiptId, tenantId],
      ),
      pool.query<DeadLetterRow>(
        `${RECEIPTS} SELECT ${deadLetterColumns({ original: true })}
         FROM receipts r JOIN (${DEAD_LETTER_TABLES}) ON d.receipt_id = r.id
         WHERE $2::text IS NULL OR d.tenant_id = $2 ORDER BY r.hops, d.failed_at DESC LIMIT 1`,
        [receiptId, tenantId],
      ),
    ])
    const event = events.rows[0] === undefined ? null : toStoredEvent(events.rows[0])
    const deadLetter = deadLetters.rows[0] === undefined ? null : toDeadLetter(deadLetters.rows[0])
    const settled = event?.receiptId ?? deadLetter?.receiptId ?? null
    return settled === null ? null : { receiptId: settled, event, deadLetter }
  })
}

/** Copies of an event that storage found under receipts of their own. */
export type Repeats = { count: number; lastAt: Date | null }

/**
 * How often the event of a receipt came again. Copies that carried the very same receipt are not told from the first.
 * @param receiptId the one under which the event is settled: `FoundReceipt.receiptId`
 * @throws {StoreUnavailableError} retryable
 */
export async function countRepeats(pool: Pool, receiptId: string): Promise<Repeats> {
  const { rows } = await asStoreErrors('counting repeats', () =>
    pool.query<Repeats>(
      'SELECT count(*)::float8 AS count, max(seen_at) AS "lastAt" FROM receipt_aliases WHERE stands_for = $1',
      [receiptId],
    ),
  )
  return rows[0] ?? { count: 0, lastAt: null }
}
