import { delay } from '@sluice/runtime/backoff'
import { isAlive, type ProcessIdentity } from '@sluice/runtime/process-identity'

type Left = ProcessIdentity & { name: string }

/** A process leaves within 15 s of the loss of its supervisor (reliability.md 7). */
const LEAVE_LIMIT_MS = 16_000
const STEP_MS = 50

/**
 * Waits for the processes of a supervisor that was killed: they leave by themselves, but hold their ports until they have. What is still there after 16 s is
 * ended by force.
 */
export async function awaitLeftBehind(
  left: readonly Left[],
  say: (line: string) => void,
  stopping: AbortSignal,
): Promise<void> {
  const living = () => left.filter((process) => isAlive(process))
  if (living().length === 0) return
  say(`waiting for what an earlier start left behind: ${describe(living())}`)
  for (const deadline = performance.now() + LEAVE_LIMIT_MS; performance.now() < deadline; ) {
    if (living().length === 0 || stopping.aborted) return
    await delay(STEP_MS, stopping)
  }
  for (const { pid, name } of living()) {
    say(`${name} (pid ${pid}) did not leave: ending it`)
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // ESRCH: it left in this moment.
    }
  }
}

const describe = (left: readonly Left[]): string => left.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')
