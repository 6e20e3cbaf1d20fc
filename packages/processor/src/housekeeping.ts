import { deleteExpired, type Retention } from '@sluice/event-store/delete-expired'
import { forgetOldRollups } from '@sluice/event-store/forget-rollups'
import { type SweepPlace, sweepDeadLetters } from '@sluice/event-store/sweep-dead-letters'
import { delay } from '@sluice/runtime/backoff'
import { errorFields } from '@sluice/runtime/error-fields'
import type { Logger } from '@sluice/runtime/logger'
import type { Pool } from '@sluice/runtime/postgres'
import type { ProcessorMetrics } from './processor-metrics.ts'

export type HousekeepingParts = {
  pool: Pool
  shard: number
  retention: Retention
  /** Delete a little of what the log has kept for long enough, one for each topic; none where the log does so itself. */
  oldRecords: readonly (() => Promise<{ deleted: number; more: boolean }>)[]
  counts: Pick<ProcessorMetrics, 'deleted' | 'swept'>
  log: Pick<Logger, 'info' | 'warn'>
  stopping: AbortSignal
  /** Between two rounds, ms. */
  everyMs?: number
}

const EVERY_MS = 60_000
/** Four fifths of the time belong to those who settle; a step takes some 100 ms. */
const PAUSE_PER_STEP = 4
const MIN_PAUSE_MS = 100

/**
 * Deletes what is old and closes dead letters that have a row, in small steps, once a minute until told to stop. Several
 * processors may do so at once. A round that fails is said once in a row and left to the next: nothing waits for it.
 */
export async function keepHouse(parts: HousekeepingParts): Promise<void> {
  const { log, stopping, everyMs = EVERY_MS } = parts
  for (let failing = false; !stopping.aborted; ) {
    try {
      await oneRound(parts)
      failing = false
    } catch (error) {
      if (!failing) log.warn('housekeeping.failed', errorFields(error))
      failing = true
    }
    await delay(everyMs, stopping)
  }
}

async function oneRound(parts: HousekeepingParts): Promise<void> {
  const { pool, shard, retention, counts, log, stopping } = parts
  await forgetOldRollups(pool)
  const total: Record<string, number> = {}
  await inSteps(stopping, async () => {
    const { deleted, more } = await deleteExpired(pool, retention)
    counts.deleted(deleted)
    for (const [table, rows] of Object.entries(deleted)) if (rows > 0) total[table] = (total[table] ?? 0) + rows
    return more
  })
  for (const deleteSome of parts.oldRecords)
    await inSteps(stopping, async () => {
      const { deleted, more } = await deleteSome()
      counts.deleted({ log_records: deleted })
      if (deleted > 0) total.log_records = (total.log_records ?? 0) + deleted
      return more
    })
  if (Object.keys(total).length > 0) log.info('rows.expired', { rows: total })

  let place: SweepPlace = null
  let closed = 0
  await inSteps(stopping, async () => {
    const step = await sweepDeadLetters({ pool, shard }, place)
    place = step.next
    closed += step.closed
    counts.swept(step.closed)
    return place !== null
  })
  if (closed > 0) log.warn('dead_letters.swept', { closed })
}

/** Repeats a step while there is more, with pauses that leave the database to others. */
async function inSteps(stopping: AbortSignal, step: () => Promise<boolean>): Promise<void> {
  for (;;) {
    const start = performance.now()
    const more = await step()
    if (!more || stopping.aborted) return
    await delay(Math.max(MIN_PAUSE_MS, (performance.now() - start) * PAUSE_PER_STEP), stopping)
  }
}
