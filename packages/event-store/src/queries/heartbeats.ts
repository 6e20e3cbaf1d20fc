import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'

export type ProcessorHeartbeat = {
  instanceId: string
  startedAt: Date
  beatAt: Date
  /** By the database's clock: how long ago the row was written, and the loop's last turn ended. */
  ageMs: number
  lastTurnAgeMs: number
  /** What the loop waits for; null while it works or has nothing to do. */
  waitsFor: string | null
  partitions: number[]
  /** Set by a clean exit. */
  stoppedAt: Date | null
}

const LATEST = `
  SELECT instance_id AS "instanceId", started_at AS "startedAt", beat_at AS "beatAt",
         (extract(epoch FROM now() - beat_at) * 1000)::float8 AS "ageMs",
         (extract(epoch FROM now() - last_turn_at) * 1000)::float8 AS "lastTurnAgeMs",
         waits_for AS "waitsFor", partitions, stopped_at AS "stoppedAt"
  FROM processor_heartbeats ORDER BY beat_at DESC LIMIT $1`

/**
 * The processors that gave a sign of life, latest first; empty when none ever ran.
 * @param limit 1 to 200
 * @throws {StoreUnavailableError} retryable
 */
export async function listHeartbeats(pool: Pool, limit = 20): Promise<ProcessorHeartbeat[]> {
  const { rows } = await asStoreErrors('reading heartbeats', () => pool.query<ProcessorHeartbeat>(LATEST, [limit]))
  return rows
}
