import type { Progress } from './progress.ts'

/** A fault shorter than this is not told: two failed probes still turn readiness off within 5 s. */
const TROUBLE_MS = 2_000
/** A step other than waiting for records that takes longer is a loop that stands still. */
const SILENT_MS = 5_000
/** Every step has a time limit of its own, so that a loop this silent has a fault that only a new process mends. */
const STUCK_MS = 60_000

/** Why the loop is not ready; `code` spares its line in the log a stack. */
class LoopTrouble extends Error {
  override readonly name = 'LoopTrouble'
  readonly code = 'LOOP_NOT_READY'
}

/** Asks the loop itself whether it works; rejects with what keeps it from its work. */
export async function probeLoop(progress: Progress): Promise<'ok'> {
  const trouble = progress.trouble()
  if (trouble !== null && (trouble.systemic || trouble.forMs > TROUBLE_MS)) throw new LoopTrouble(trouble.what)
  if (!progress.hasBegun()) throw new LoopTrouble('has not begun to take records')
  if (!isWaiting(progress) && progress.stepMs() > SILENT_MS) throw new LoopTrouble(`silent in step ${progress.step()}`)
  return 'ok'
}

const isWaiting = (progress: Progress) => progress.step() === 'next'

/** The step in which the loop has been stuck for a minute; null while it turns. */
export function stuckStep(progress: Progress): string | null {
  return !isWaiting(progress) && progress.stepMs() > STUCK_MS ? progress.step() : null
}
