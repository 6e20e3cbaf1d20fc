import { type Pool, withClient } from '@sluice/runtime/postgres'
import { LogUnavailableError } from '#src/event-log.ts'

export type LogRetention = {
  topic: string
  /** How long a record is kept after it was appended, in ms, by the database's clock. */
  keepMs: number
  /** Only what this group has committed goes, so nothing that nobody read yet; null: whatever is old. */
  group: string | null
}

// A step deletes by a range of the primary key: 1.2 µs a record. Appends do not wait for it.
const STEP_RECORDS = 5_000

/**
 * What is before the new first offset has left the log from this statement on, for whoever looks; its records are deleted
 * afterwards. In the other order a search by time would meet gaps. Nothing is locked while the search goes on.
 */
const MOVE_FIRST = `
  UPDATE log_partitions p SET first_offset = s.first_kept
  FROM (
    SELECT p.id, least(
             log_first_offset_at(p.id, now() - $2::bigint * interval '1 millisecond'),
             CASE WHEN $3::text IS NULL THEN p.next_offset ELSE coalesce(
               (SELECT o.committed FROM log_group_offsets o WHERE o.partition_id = p.id AND o.group_name = $3),
               p.first_offset) END) AS first_kept
    FROM log_partitions p WHERE p.topic = $1
  ) s
  WHERE p.id = s.id AND s.first_kept > p.first_offset`

/** Only one process deletes at a time: the others would wait for its rows. Any number: only its equality counts. */
const DELETE = `
  DELETE FROM log_records r
  USING (
    SELECT p.id, least(p.first_offset,
             (SELECT min(o.record_offset) FROM log_records o WHERE o.partition_id = p.id) + $2) AS until
    FROM log_partitions p WHERE p.topic = $1 AND (SELECT pg_try_advisory_xact_lock(4472093316))
  ) d
  WHERE r.partition_id = d.id AND r.record_offset < d.until`

/**
 * Deletes a little of what the PostgreSQL log has kept for long enough: one step, at most 5,000 records of each partition.
 * Call it again while `more`, with a pause; from any process.
 * @throws {LogUnavailableError} retryable; what was deleted before stays deleted
 */
export async function deleteOldRecords(
  pool: Pool,
  { topic, keepMs, group }: LogRetention,
  stepRecords = STEP_RECORDS,
): Promise<{ deleted: number; more: boolean }> {
  try {
    return await withClient(pool, async (client) => {
      await client.query(MOVE_FIRST, [topic, keepMs, group])
      const { rowCount } = await client.query(DELETE, [topic, stepRecords])
      return { deleted: rowCount ?? 0, more: (rowCount ?? 0) >= stepRecords }
    })
  } catch (cause) {
    throw new LogUnavailableError(`deleting old records of ${topic}`, { cause })
  }
}
