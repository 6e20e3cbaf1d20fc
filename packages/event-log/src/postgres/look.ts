// Looking into the log without joining a group.
import type { Pool } from '@sluice/runtime/postgres'
import { type LogRecord, LogUnavailableError, type PartitionLag, UnknownTopicError } from '#src/event-log.ts'
import { NEWEST_BYTES } from '#src/record-size.ts'
import { ask } from './ask.ts'
import { RECORD_COLUMNS, type RecordRow, toRecord } from './records.ts'
import type { Topics } from './topics.ts'

const READ_BYTES = 4_194_304
const NEWEST_LIMIT_MS = 2_000
const READY_LIMIT_MS = 1_000

type LagRow = {
  partition: number
  first_offset: string
  next_offset: string
  committed: string | null
  lag: string
  oldest_waiting_at: Date | null
}

/** Where a group stands. What left the log unread waits no more: lag counts from the first offset still there. */
export async function readLag(pool: Pool, topic: string, group: string): Promise<readonly PartitionLag[]> {
  const rows = await ask<LagRow>(pool, `reading the lag of ${group} on ${topic}`, {
    text: `
      SELECT p.partition, p.first_offset, p.next_offset, o.committed,
             greatest(0, p.next_offset - at.start) AS lag,
             (SELECT r.appended_at FROM log_records r
               WHERE r.partition_id = p.id AND r.record_offset >= at.start ORDER BY r.record_offset LIMIT 1) AS oldest_waiting_at
        FROM log_partitions p
        LEFT JOIN log_group_offsets o ON o.partition_id = p.id AND o.group_name = $2
       CROSS JOIN LATERAL (SELECT greatest(coalesce(o.committed, p.first_offset), p.first_offset) AS start) at
       WHERE p.topic = $1
       ORDER BY p.partition`,
    values: [topic, group],
  })
  if (rows.length === 0) throw new UnknownTopicError(topic)
  return rows.map((row) => ({
    partition: row.partition,
    start: BigInt(row.first_offset),
    end: BigInt(row.next_offset),
    committed: row.committed === null ? null : BigInt(row.committed),
    lag: BigInt(row.lag),
    oldestWaitingAt: row.oldest_waiting_at,
  }))
}

export async function readNewest(
  pool: Pool,
  topics: Topics,
  topic: string,
  limit: number,
  before: Date | null,
): Promise<readonly LogRecord[]> {
  await topics.find(topic)
  const rows = await ask<RecordRow>(pool, `reading the newest records of ${topic}`, {
    limitMs: NEWEST_LIMIT_MS,
    text: `
      WITH newest AS (
        SELECT ${RECORD_COLUMNS}
          FROM log_partitions p
         CROSS JOIN LATERAL (
           SELECT * FROM log_records
            WHERE partition_id = p.id AND record_offset >= p.first_offset
              AND record_offset < CASE WHEN $3::timestamptz IS NULL THEN p.next_offset ELSE log_first_offset_at(p.id, $3) END
            ORDER BY record_offset DESC LIMIT $2
         ) r
         WHERE p.topic = $1
         ORDER BY r.appended_at DESC, p.partition, r.record_offset DESC LIMIT $2
      ), sized AS (
        SELECT *, sum(octet_length(value)) OVER (ORDER BY appended_at DESC, partition, record_offset DESC)
                  - octet_length(value) AS bytes_before
          FROM newest
      )
      SELECT * FROM sized WHERE bytes_before = 0 OR bytes_before + octet_length(value) <= $4::bigint
       ORDER BY appended_at DESC, partition, record_offset DESC`,
    values: [topic, limit, before, NEWEST_BYTES],
  })
  return rows.map((row) => toRecord(topic, row))
}

export async function readFrom(
  pool: Pool,
  topics: Topics,
  topic: string,
  partition: number,
  from: bigint,
  limit: number,
): Promise<readonly LogRecord[]> {
  await topics.find(topic)
  const rows = await ask<RecordRow>(pool, `reading partition ${partition} of ${topic}`, {
    text: `
      SELECT * FROM (
        SELECT ${RECORD_COLUMNS}, sum(octet_length(r.value)) OVER (ORDER BY r.record_offset) - octet_length(r.value) AS bytes_before
          FROM log_partitions p
         CROSS JOIN LATERAL (
           SELECT * FROM log_records WHERE partition_id = p.id AND record_offset >= greatest($3::bigint, p.first_offset)
            ORDER BY record_offset LIMIT $4
         ) r
         WHERE p.topic = $1 AND p.partition = $2
      ) sized
      WHERE bytes_before = 0 OR bytes_before + octet_length(value) <= $5::bigint
      ORDER BY record_offset`,
    values: [topic, partition, from, limit, READ_BYTES],
  })
  return rows.map((row) => toRecord(topic, row))
}

/** Whether an append would be taken: the server answers, lets us write, and has the log's tables. */
export async function checkReady(pool: Pool): Promise<void> {
  const [row] = await ask<{ read_only: boolean; topics: boolean }>(pool, 'asking whether the log takes records', {
    limitMs: READY_LIMIT_MS,
    text: `SELECT current_setting('transaction_read_only')::boolean AS read_only, EXISTS (SELECT FROM log_topics) AS topics`,
  })
  if (row?.read_only) throw new LogUnavailableError('the database is read-only')
  if (!row?.topics) throw new LogUnavailableError('the log has no topics')
}
