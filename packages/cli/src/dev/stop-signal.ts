import { constants } from 'node:os'

/**
 * What ends one stop arrives twice when it is sent to a whole process group, as init systems do: from there, and passed on by the process that started us.
 * Nobody presses a key twice that fast.
 */
const SAME_STOP_MS = 500

/**
 * Aborts on the first SIGINT, SIGTERM or SIGHUP. A second one calls `killAll` and leaves at once, with the signal's exit status (130 for Ctrl-C).
 * Call it once.
 */
export function stopSignal(say: (line: string) => void, killAll: () => void): AbortSignal {
  const controller = new AbortController()
  let firstMs = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (!controller.signal.aborted) {
        firstMs = performance.now()
        say(`${signal === 'SIGINT' ? 'Ctrl-C' : signal}: stopping all in order; once more leaves at once`)
        controller.abort(signal)
      } else if (performance.now() - firstMs > SAME_STOP_MS) {
        killAll()
        process.exit(128 + constants.signals[signal])
      }
    })
  return controller.signal
}
