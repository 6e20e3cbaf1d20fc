import { decodeEnvelope } from '@sluice/contract/envelope'
import { RAW_TOPIC } from '@sluice/contract/topics'
import type { Database } from './database.ts'
import type { TopicLog, TopicPosition, TopicRecord } from './topic-log.ts'

/** A record that the tables know nothing of. */
export type UnsettledRecord = { partition: number; offset: bigint; tenantId: string; key: string }

/**
 * Records below a committed offset that are settled nowhere: an event lost for good. Positions must have been read before
 * the tables are: what is committed afterwards may be settled afterwards.
 */
export async function findAheadOfCommit(
  database: Database,
  log: TopicLog,
  positions: readonly TopicPosition[],
): Promise<UnsettledRecord[]> {
  const committed = new Map(positions.map(({ partition, committed: offset }) => [partition, offset ?? 0n]))
  const found: UnsettledRecord[] = []
  for await (const page of log.records(RAW_TOPIC)) {
    const below = page.filter(({ partition, offset }) => offset < (committed.get(partition) ?? 0n))
    found.push(...(await findUnsettled(database, below)))
  }
  return found
}

/** Those of some records of `events.raw` that no row and no dead letter accounts for. */
export async function findUnsettled({ rows }: Database, records: readonly TopicRecord[]): Promise<UnsettledRecord[]> {
  if (records.length === 0) return []
  const heads = records.map(({ value }) => {
    const reading = decodeEnvelope(value)
    return reading.type === 'envelope' ? reading.head : null
  })
  const missing = await rows<{ n: string }>(
    `SELECT u.n
     FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::int[], $6::bigint[])
       WITH ORDINALITY u (tenant, key, fingerprint, receipt, partition, position, n)
     WHERE NOT EXISTS (
       SELECT FROM events e WHERE e.tenant_id = u.tenant AND e.idempotency_key = u.key
        AND (e.fingerprint = decode(u.fingerprint, 'hex') OR e.id = u.receipt)
     ) AND NOT EXISTS (
       SELECT FROM dead_letters d WHERE d.tenant_id = u.tenant AND d.idempotency_key = u.key
        AND d.fingerprint = decode(u.fingerprint, 'hex') AND d.state <> 'redriven'
     ) AND NOT EXISTS (
       SELECT FROM dead_letters d JOIN settled_offsets s ON s.id = d.source_id
       WHERE d.record_identity IS NOT NULL AND s.topic = $7 AND s.partition = u.partition AND d.source_offset = u.position
     ) ORDER BY u.n`,
    [
      heads.map((head) => head?.tenantId ?? null),
      heads.map((head) => head?.idempotencyKey ?? null),
      heads.map((head) => head?.fingerprint ?? null),
      heads.map((head) => head?.receiptId ?? null),
      records.map(({ partition }) => partition),
      records.map(({ offset }) => offset),
      RAW_TOPIC,
    ],
  )
  return missing.flatMap(({ n }) => {
    const record = records[Number(n) - 1]
    const head = heads[Number(n) - 1]
    if (record === undefined) return []
    const { partition, offset } = record
    return [{ partition, offset, tenantId: head?.tenantId ?? '', key: head?.idempotencyKey ?? 'unreadable' }]
  })
}
