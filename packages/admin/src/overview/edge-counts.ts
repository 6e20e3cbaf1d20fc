import { readFirstReceivedMinute } from '@sluice/event-store/queries/balance'
import type { Gate, GateCounts } from '@sluice/gate'
import type { Pool } from '@sluice/runtime/postgres'
import { orUnknown } from './or-unknown.ts'

const MINUTE_MS = 60_000

export type EdgeCounts = GateCounts & {
  /** From when on the counts are whole, in Unix ms: minus infinity when there was nothing to count before `since`. */
  wholeFromMs: number
}

/**
 * What the gate counted. Counts from before `since` are unknown, unless nothing had ever been accepted by then: on its first day a
 * platform knows that there was nothing.
 * @returns null while the gate is away
 */
export async function readEdgeCounts(
  { gate, pool }: { gate: Pick<Gate, 'counts'>; pool: Pool },
  tenantId: string | null,
  minutes: number,
): Promise<EdgeCounts | null> {
  const [counts, first] = await Promise.all([
    orUnknown(gate.counts(tenantId, minutes)),
    orUnknown(readFirstReceivedMinute(pool).then((minute) => ({ minute }))),
  ])
  if (counts === null) return null
  const sinceMs = counts.since.getTime()
  // By the minute: the engines' clocks are not the same.
  const isFromTheBeginning =
    first !== null && (first.minute === null || first.minute.getTime() >= Math.floor(sinceMs / MINUTE_MS) * MINUTE_MS)
  return { ...counts, wholeFromMs: isFromTheBeginning ? Number.NEGATIVE_INFINITY : sinceMs }
}
