import type { Logger } from '@sluice/runtime/logger'
import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors, type StoreError } from './store-errors.ts'

/** What one processor says of itself. */
export type Heartbeat = {
  /** By the processor's own clock; kept as an age. */
  lastTurnAt: Date
  /** What the loop waits for, in words; null while it works or has nothing to do. */
  waitsFor: string | null
  partitions: readonly number[]
}

/**
 * The sign of life of one processor instance, for people: nothing is decided by it.
 * Best effort: what cannot be written is logged once until it can be again, and nothing is thrown.
 */
export interface Heartbeats {
  /** Writes one; a call while another is under way does nothing. */
  beat(heartbeat: Heartbeat): Promise<void>
  /** Says that the processor left in good order. */
  stopped(): Promise<void>
}

const BEAT = `
  INSERT INTO processor_heartbeats AS h (instance_id, started_at, beat_at, last_turn_at, waits_for, partitions)
  SELECT $1, n.at, n.at, n.at - $2 * interval '1 millisecond', $3, $4::integer[] FROM (SELECT clock_timestamp() AS at) n
  ON CONFLICT (instance_id) DO UPDATE
  SET beat_at = excluded.beat_at, last_turn_at = excluded.last_turn_at, waits_for = excluded.waits_for,
      partitions = excluded.partitions, stopped_at = NULL`

const STOPPED = `
  UPDATE processor_heartbeats SET stopped_at = clock_timestamp(), waits_for = NULL, partitions = '{}' WHERE instance_id = $1`

/** Rows of instances long gone; the newest stays whatever its age, so that "no heartbeat since" can always be said. */
const FORGET = `
  DELETE FROM processor_heartbeats
  WHERE beat_at < clock_timestamp() - interval '1 day' AND beat_at < (SELECT max(beat_at) FROM processor_heartbeats)`

/** @param instanceId made anew at each start of a process */
export function createHeartbeats(parts: { pool: Pool; instanceId: string; log: Pick<Logger, 'warn'> }): Heartbeats {
  const { pool, instanceId, log } = parts
  let writing = false
  let forgotten = false
  let failing = false

  async function write(operation: string, text: string, values: unknown[]): Promise<void> {
    try {
      await asStoreErrors(operation, () => pool.query(text, values))
      failing = false
    } catch (error) {
      const { code, sqlState } = error as StoreError
      if (!failing) log.warn('store.heartbeat_lost', { operation, code, sql_state: sqlState })
      failing = true
    }
  }

  return {
    async beat({ lastTurnAt, waitsFor, partitions }) {
      if (writing) return
      writing = true
      const idleMs = Math.max(0, Date.now() - lastTurnAt.getTime())
      await write('writing a heartbeat', BEAT, [instanceId, idleMs, waitsFor, `{${partitions.join(',')}}`])
      if (!forgotten && !failing) {
        forgotten = true
        await write('forgetting old heartbeats', FORGET, [])
      }
      writing = false
    },
    stopped: () => write('writing the last heartbeat', STOPPED, [instanceId]),
  }
}
