import type { Place, ReceiptPlace } from '@sluice/loadgen/verify/evidence'
import type { Database } from './database.ts'
import type { TopicLog } from './topic-log.ts'

const PAGE = 500
const FIRST_ID = '00000000-0000-0000-0000-000000000000'

type Who = { tenant_id: string | null; key: string | null; fingerprint: string | null; receipt_id: string | null }
type EventRow = Who & {
  id: string
  event_id: string
  event_type: string
  schema_version: number
  occurred_at: string
  payload: string
  extra: string | null
}
type LetterRow = Who & {
  id: string
  state: 'open' | 'redriving' | 'redriven' | 'dismissed'
  reason: string
  original: Buffer
}

/** Every row of a run, read straight from the tables. */
export async function* readPlaces({ rows }: Database, keyPrefix: string): AsyncGenerator<Place[]> {
  for (let after = FIRST_ID; ; ) {
    const page = await rows<EventRow>(
      `SELECT id, id AS receipt_id, tenant_id, idempotency_key AS key, encode(fingerprint, 'hex') AS fingerprint, event_id,
              event_type, schema_version, payload::text AS payload, extra::text AS extra,
              to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS occurred_at
       FROM events WHERE id > $1 AND starts_with(idempotency_key, $2) ORDER BY id LIMIT ${PAGE}`,
      [after, keyPrefix],
    )
    const last = page.at(-1)
    if (last === undefined) break
    after = last.id
    yield page.map(toEvent)
  }
  for (let after = FIRST_ID; ; ) {
    const page = await rows<LetterRow>(
      `SELECT id, receipt_id, tenant_id, idempotency_key AS key, encode(fingerprint, 'hex') AS fingerprint, state, reason,
              original
       FROM dead_letters WHERE id > $1 AND starts_with(idempotency_key, $2) ORDER BY id LIMIT ${PAGE}`,
      [after, keyPrefix],
    )
    const last = page.at(-1)
    if (last === undefined) return
    after = last.id
    yield page.map(toDeadLetter)
  }
}

const whoOf = ({ tenant_id: tenantId, key, fingerprint, receipt_id: receiptId }: Who) => ({
  tenantId,
  key,
  fingerprint,
  receiptId,
})

const toEvent = (row: EventRow): Place => ({
  ...whoOf(row),
  place: 'event',
  content: {
    eventId: row.event_id,
    eventType: row.event_type,
    schemaVersion: row.schema_version,
    occurredAt: row.occurred_at,
    payload: row.payload,
    extra: row.extra,
  },
})

const toDeadLetter = (row: LetterRow): Place => {
  const { state, reason, original } = row
  return { ...whoOf(row), place: 'dead_letter', state, reason, original }
}

/** Where a receipt leads: a row, an open dead letter, by way of the receipts that stand for others, or the waiting log. */
export async function readReceipt({ rows }: Database, log: TopicLog, receiptId: string): Promise<ReceiptPlace> {
  const [found] = await rows<{ tenant_id: string; key: string }>(
    `WITH RECURSIVE receipts (id, hops) AS (
       SELECT $1::uuid, 0
       UNION ALL
       SELECT a.stands_for, r.hops + 1 FROM receipts r JOIN receipt_aliases a ON a.receipt_id = r.id WHERE r.hops < 5
     ), places AS (
       SELECT r.hops, e.tenant_id, e.idempotency_key AS key FROM receipts r JOIN events e ON e.id = r.id
       UNION ALL
       SELECT r.hops, d.tenant_id, d.idempotency_key FROM receipts r
       JOIN dead_letters d ON d.receipt_id = r.id AND d.state <> 'redriven'
     ) SELECT tenant_id, key FROM places ORDER BY hops LIMIT 1`,
    [receiptId],
  )
  if (found !== undefined) return { state: 'settled', tenantId: found.tenant_id, key: found.key }
  const state = (await log.isWaiting(receiptId)) ? 'waiting' : 'unknown'
  return { state, tenantId: null, key: null }
}
