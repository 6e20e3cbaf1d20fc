import { asStoreErrors } from '@sluice/event-store/store-errors'
import { type Pool, withTransaction } from '@sluice/runtime/postgres'

export type Marker = { partition: number; offset: bigint; crashes: number }

/** What is known at the start of one partition. */
export type StartFacts = {
  /** Other processes that began at this very place and did not give the partition back. */
  deaths: ReadonlyMap<number, number>
  /** Records that were in hand when a process died, with the times that this happened, this start included. */
  markers: readonly Marker[]
}

export type Start = { partition: number; committed: bigint | null }

/**
 * Starts and records in hand, where a process that dies leaves them behind: the tables of migrations/0001-crash-markers.sql.
 * Every method throws StoreUnavailableError (retryable) or StoreSystemicError, and may be repeated.
 */
export interface CrashMarkers {
  /** Notes that this process begins to read here, and tells what others left. */
  start(starts: readonly Start[]): Promise<StartFacts>
  /** Notes that these partitions were given back in good order. */
  giveBack(partitions: readonly number[]): Promise<void>
  mark(partition: number, offset: bigint): Promise<void>
  unmark(partition: number, offset: bigint): Promise<void>
}

const AT = 'unnest($2::integer[], $3::bigint[]) a (partition, committed)'
/** Who got further since then did not die of what comes next; our own row is from before a consumer that broke. */
const FORGET_STARTS = `DELETE FROM partition_starts s USING ${AT}
  WHERE s.topic = $1 AND s.partition = a.partition AND (s.committed <> a.committed OR s.instance_id = $4)`
const FORGET_MARKERS = `DELETE FROM crash_markers m USING ${AT}
  WHERE m.topic = $1 AND m.partition = a.partition AND m.record_offset < a.committed`
const NOTE_STARTS = `INSERT INTO partition_starts (topic, partition, committed, instance_id)
  SELECT $1, a.partition, a.committed, $4 FROM ${AT} ORDER BY a.partition
  ON CONFLICT (topic, partition, instance_id) DO UPDATE SET committed = excluded.committed`
const COUNT_DEATHS = `SELECT partition, count(*)::integer AS deaths FROM partition_starts
  WHERE topic = $1 AND partition = ANY ($2) AND instance_id <> $3 GROUP BY partition`
/** What this process itself marked is no death: its consumer broke while it waited. */
const COUNT_CRASHES = `UPDATE crash_markers SET crashes = crashes + CASE WHEN instance_id = $3 THEN 0 ELSE 1 END
  WHERE topic = $1 AND partition = ANY ($2) RETURNING partition, record_offset AS "offset", crashes`
/** Whoever leaves in good order did not die of what comes next here; nor, then, did those before. */
const GIVE_BACK = `DELETE FROM partition_starts s USING partition_starts own
  WHERE own.topic = $1 AND own.partition = ANY ($2) AND own.instance_id = $3
    AND s.topic = own.topic AND s.partition = own.partition AND s.started_at <= own.started_at`
const MARK = `INSERT INTO crash_markers (topic, partition, record_offset, instance_id) VALUES ($1, $2, $3, $4)
  ON CONFLICT (topic, partition, record_offset) DO UPDATE SET instance_id = excluded.instance_id`
const UNMARK = 'DELETE FROM crash_markers WHERE topic = $1 AND partition = $2 AND record_offset = $3'

/** @param instanceId made anew at each start of a process */
export function createCrashMarkers(parts: { pool: Pool; topic: string; instanceId: string }): CrashMarkers {
  const { pool, topic, instanceId } = parts
  const run = (operation: string, text: string, values: unknown[]) =>
    asStoreErrors(operation, async () => void (await pool.query(text, values)))

  return {
    start(starts) {
      const partitions = starts.map(({ partition }) => partition)
      const at = [topic, partitions, starts.map(({ committed }) => committed ?? -1n)]
      return asStoreErrors(`starting on ${starts.length} partitions`, () =>
        withTransaction(pool, async (client) => {
          await client.query(FORGET_STARTS, [...at, instanceId])
          await client.query(FORGET_MARKERS, at)
          await client.query(NOTE_STARTS, [...at, instanceId])
          const known = [topic, partitions, instanceId]
          const deaths = await client.query<{ partition: number; deaths: number }>(COUNT_DEATHS, known)
          const markers = await client.query<{ partition: number; offset: string; crashes: number }>(
            COUNT_CRASHES,
            known,
          )
          return {
            deaths: new Map(deaths.rows.map((row) => [row.partition, row.deaths])),
            markers: markers.rows.map(({ partition, offset, crashes }) => ({
              partition,
              offset: BigInt(offset),
              crashes,
            })),
          }
        }),
      )
    },
    giveBack: (partitions) => run('giving partitions back', GIVE_BACK, [topic, partitions, instanceId]),
    mark: (partition, offset) => run('marking a record', MARK, [topic, partition, offset, instanceId]),
    unmark: (partition, offset) => run('taking a mark off', UNMARK, [topic, partition, offset]),
  }
}
