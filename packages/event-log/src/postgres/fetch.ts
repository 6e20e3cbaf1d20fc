import type { Pool } from '@sluice/runtime/postgres'
import type { Assigned } from '#src/consumer-core.ts'
import type { LogRecord } from '#src/event-log.ts'
import { ask } from './ask.ts'
import { type RecordRow, toRecord } from './records.ts'
import type { Topic } from './topics.ts'

// All partitions at once, in the order given, until the batch is full: how many are to be had is known from next_offset,
// because offsets have no gaps. Bytes are capped here, not only rows; the first record always comes.
const FETCH = `
  WITH place AS (
    SELECT w.nth, p.id, p.partition, greatest(w.position, p.first_offset) AS start,
           greatest(0, p.next_offset - greatest(w.position, p.first_offset)) AS available
      FROM unnest($1::int[], $2::bigint[]) WITH ORDINALITY AS w (id, position, nth)
      JOIN log_partitions p ON p.id = w.id
  ), part AS (
    -- bigint again after sum(), else the bound below would not be one of the index
    SELECT *, (sum(available) OVER (ORDER BY nth) - available)::bigint AS before_it FROM place
  ), found AS (
    SELECT part.nth, part.partition, r.*,
           sum(octet_length(r.value)) OVER (ORDER BY part.nth, r.record_offset) - octet_length(r.value) AS bytes_before
      FROM part
     CROSS JOIN LATERAL (
       SELECT record_offset, key, value, headers, appended_at
         FROM log_records
        WHERE partition_id = part.id AND record_offset >= part.start
          AND record_offset < part.start + ($3::bigint - part.before_it)
        ORDER BY record_offset
     ) r
     WHERE part.available > 0 AND part.before_it < $3::bigint
  )
  SELECT partition, record_offset, key, value, headers, appended_at
    FROM found
   WHERE bytes_before = 0 OR bytes_before + octet_length(value) <= $4::bigint
   ORDER BY nth, record_offset`

/** Makes a reader of batches for a consumer. */
export function createFetch(
  pool: Pool,
  topic: Topic,
  { maxRecords, maxBytes }: { maxRecords: number; maxBytes: number },
): (assigned: readonly Assigned[]) => Promise<readonly LogRecord[]> {
  return async (assigned) => {
    const rows = await ask<RecordRow>(pool, `reading ${topic.name}`, {
      name: 'log_fetch',
      text: FETCH,
      values: [
        assigned.map(({ partition }) => topic.partitionIds[partition]),
        assigned.map(({ position }) => position),
        maxRecords,
        maxBytes,
      ],
    })
    return rows.map((row) => toRecord(topic.name, row))
  }
}
