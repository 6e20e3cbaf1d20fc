import { DEAD_LETTER_STATES, type DeadLetterReason, type DeadLetterState } from '@sluice/contract/dead-letter'
import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'
import { ALL_TENANTS } from './list-events.ts'
import { microsOf, rfc3339Micros, SqlConditions, timeOfMicros } from './sql-conditions.ts'

/** Which event a row is of; null where a record cannot be read. */
type Identity = {
  tenantId: string | null
  idempotencyKey: string | null
  /** 64 hex digits. */
  fingerprint: string | null
  receiptId: string | null
}

/** One row of `events` or `dead_letters`, with its content when it was asked for. */
export type ExportedIdentity = Identity &
  (
    | { place: 'event'; content: StoredContent | null }
    | {
        place: 'dead_letter'
        state: DeadLetterState
        reason: DeadLetterReason
        /** The record value. */
        original: Buffer | null
      }
  )

export type StoredContent = {
  eventId: string
  eventType: string
  schemaVersion: number
  /** RFC 3339, UTC, six digits of a second. */
  occurredAt: string
  /** JSON text. */
  payload: string
  extra: string | null
}

export type ExportFilter = {
  tenantId: string | null
  /** By the time of storage or of the last failure: from `since` on, before `until`. Null: without end. */
  since: Date | null
  until: Date | null
  withContent: boolean
}

/** Rows of one query: enough that a million rows are a few hundred queries, each far inside the time limit. */
const MAX_ROWS = 2_000
/** Content may be a hundred times larger than what it is the content of: the next page is as long as keeps it near this. */
const PAGE_BYTES = 4_194_304
const FIRST_ROWS = 200

type Place = { micros: string; id: string }
type EventRow = Identity & Place & { place: 'event' } & Partial<StoredContent>
type DeadLetterRow = Identity &
  Place & { place: 'dead_letter'; state: DeadLetterState; reason: DeadLetterReason; original: Buffer | null }
type ReadPage<Row> = (after: Place | null, limit: number) => Promise<Row[]>

/**
 * Every row of `events`, then every one of `dead_letters`, page by page, oldest first within a tenant or a state. Costs
 * look-ups in proportion to the rows given. No snapshot: what is stored meanwhile may come or not, and a dead letter that
 * changes its state may come twice or not at all.
 * @throws {StoreUnavailableError} retryable, from the beginning
 */
export async function* exportIdentities(pool: Pool, filter: ExportFilter): AsyncGenerator<ExportedIdentity[]> {
  for (const tenantId of await tenantsOf(pool, filter.tenantId))
    for await (const rows of pagesOf((after, limit) => readEvents(pool, tenantId, filter, after, limit), sizeOfEvent))
      yield rows.map(toEvent)
  for (const state of DEAD_LETTER_STATES)
    for await (const rows of pagesOf(
      (after, limit) => readDeadLetters(pool, state, filter, after, limit),
      sizeOfLetter,
    ))
      yield rows.map(({ micros: _, id: __, ...row }) => row)
}

async function* pagesOf<Row extends Place>(read: ReadPage<Row>, sizeOf: (row: Row) => number): AsyncGenerator<Row[]> {
  let limit = FIRST_ROWS
  let after: Place | null = null
  for (;;) {
    const rows: Row[] = await read(after, limit)
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    if (rows.length < limit) return
    after = last
    const bytes = rows.reduce((sum, row) => sum + sizeOf(row), 1)
    limit = Math.max(1, Math.min(MAX_ROWS, Math.floor((PAGE_BYTES / bytes) * rows.length)))
  }
}

const sizeOfEvent = ({ payload, extra }: EventRow) => 200 + (payload?.length ?? 0) + (extra?.length ?? 0)
const sizeOfLetter = ({ original }: DeadLetterRow) => 200 + (original?.length ?? 0)

async function tenantsOf(pool: Pool, tenantId: string | null): Promise<string[]> {
  if (tenantId !== null) return [tenantId]
  const { rows } = await asStoreErrors('listing tenants', () =>
    pool.query<{ tenant_id: string }>(`${ALL_TENANTS} SELECT tenant_id FROM tenants WHERE tenant_id IS NOT NULL`),
  )
  return rows.map(({ tenant_id }) => tenant_id)
}

const CONTENT = `, e.event_id AS "eventId", e.event_type AS "eventType", e.schema_version AS "schemaVersion",
  ${rfc3339Micros('e.occurred_at')} AS "occurredAt", e.payload::text AS payload, e.extra::text AS extra`

async function readEvents(
  pool: Pool,
  tenantId: string,
  filter: ExportFilter,
  after: Place | null,
  limit: number,
): Promise<EventRow[]> {
  const where = conditionsOf(filter, after, 'e.processed_at', 'e.id')
  const { rows } = await asStoreErrors('exporting events', () =>
    pool.query<EventRow>(
      `SELECT 'event' AS place, e.tenant_id AS "tenantId", e.idempotency_key AS "idempotencyKey",
              encode(e.fingerprint, 'hex') AS fingerprint, e.id AS "receiptId", e.id, ${microsOf('e.processed_at')} AS micros
              ${filter.withContent ? CONTENT : ''}
       FROM events e WHERE e.tenant_id = ${where.value(tenantId)} AND ${where.toSql()}
       ORDER BY e.processed_at, e.id LIMIT ${where.value(limit)}`,
      where.values,
    ),
  )
  return rows
}

async function readDeadLetters(
  pool: Pool,
  state: DeadLetterState,
  filter: ExportFilter,
  after: Place | null,
  limit: number,
): Promise<DeadLetterRow[]> {
  const where = conditionsOf(filter, after, 'd.failed_at', 'd.id')
  where.whenGiven(filter.tenantId, (tenant) => `d.tenant_id = ${tenant}`)
  const { rows } = await asStoreErrors('exporting dead letters', () =>
    pool.query<DeadLetterRow>(
      `SELECT 'dead_letter' AS place, d.tenant_id AS "tenantId", d.idempotency_key AS "idempotencyKey",
              encode(d.fingerprint, 'hex') AS fingerprint, d.receipt_id AS "receiptId", d.state, d.reason, d.id,
              ${filter.withContent ? 'd.original' : 'NULL::bytea AS original'}, ${microsOf('d.failed_at')} AS micros
       FROM dead_letters d WHERE d.state = ${where.value(state)} AND ${where.toSql()}
       ORDER BY d.failed_at, d.id LIMIT ${where.value(limit)}`,
      where.values,
    ),
  )
  return rows
}

function conditionsOf({ since, until }: ExportFilter, after: Place | null, time: string, id: string): SqlConditions {
  const where = new SqlConditions()
  where.whenGiven(since, (from) => `${time} >= ${from}`)
  where.whenGiven(until, (to) => `${time} < ${to}`)
  if (after !== null)
    where.add(`(${time}, ${id}) > (${timeOfMicros(where.value(after.micros))}, ${where.value(after.id)}::uuid)`)
  return where
}

function toEvent(row: EventRow): ExportedIdentity {
  const { tenantId, idempotencyKey, fingerprint, receiptId } = row
  const content = row.payload === undefined ? null : (row as StoredContent)
  return { place: 'event', tenantId, idempotencyKey, fingerprint, receiptId, content }
}
