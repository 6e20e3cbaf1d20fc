import { once } from 'node:events'
import { errorFields } from './error-fields.ts'
import { ConfigError, SluiceError } from './errors.ts'
import type { Logger } from './logger.ts'

/** Exit status of a process whose settings are wrong. */
const EXIT_CONFIG = 2

/**
 * Aborts on the first SIGTERM or SIGINT, and when the channel to the supervisor that started this process closes; `reason` says which.
 * A second signal leaves at once, with status 1. Call it once in a process, in its entry point.
 */
export function shutdownSignal(): AbortSignal {
  const controller = new AbortController()
  let signalled = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (signalled) process.exit(1)
      signalled = true
      controller.abort(signal)
    })
  if (process.channel) {
    process.on('disconnect', () => controller.abort('supervisor gone'))
    // A listener for 'disconnect' holds the process open for as long as the supervisor lives; leaving must not wait for that.
    process.channel.unref()
  }
  return controller.signal
}

export interface ProcessParts {
  /** Aborts when the process shall end: a signal, a supervisor that died, or `stop`. */
  readonly stopping: AbortSignal
  /** What the process opened, closed in reverse when it ends, also when opening fails half-way. */
  readonly stack: AsyncDisposableStack
  /** Ends the process in good order; with an error it is logged and the exit status is 1. Later calls do nothing. */
  readonly stop: (error?: unknown) => void
}

export interface ProcessOptions {
  readonly name: string
  readonly log: Logger
  /** Milliseconds from the wish to stop to the forced end; 15 s unless given (reliability.md 7). */
  readonly deadlineMs?: number
}

/**
 * Runs one process from start to end. `main` opens what is needed onto `stack` and may return as soon as all is up: the process then
 * lives until it shall stop, and closes the stack in reverse. It ends by itself once nothing is open, with status 0, with 1 after a
 * failure, or with 2 and every problem on standard error after a ConfigError. What is still open at the deadline is named and left
 * behind, status 1. Resolves when everything is closed; never rejects.
 */
export async function runProcess(
  { name, log, deadlineMs = 15_000 }: ProcessOptions,
  main: (parts: ProcessParts) => Promise<void>,
): Promise<void> {
  const own = new AbortController()
  const stopping = AbortSignal.any([shutdownSignal(), own.signal])
  let failure: unknown
  const stop = (error?: unknown) => {
    if (stopping.aborted) return
    failure = error
    own.abort('stopped by itself')
  }
  process.on('uncaughtException', (error) => {
    log.error('process.crashed', errorFields(error))
    process.exit(1)
  })
  stopping.addEventListener('abort', () => {
    log.info('process.stopping', { reason: String(stopping.reason), deadline_ms: deadlineMs })
    startDeadline(name, log, deadlineMs)
  })

  try {
    await using stack = new AsyncDisposableStack()
    await main({ stopping, stack, stop })
    if (!stopping.aborted) await once(stopping, 'abort')
    if (failure !== undefined) throw failure
  } catch (error) {
    // A start that failed may leave handles open as well.
    if (!stopping.aborted) startDeadline(name, log, deadlineMs)
    process.exitCode = reportFailure(name, log, error)
    return
  }
  log.info('process.stopped')
}

/** Unref'd: it ends only a process that something else keeps open. */
function startDeadline(name: string, log: Logger, deadlineMs: number): void {
  const timer = setTimeout(() => {
    const open = process.getActiveResourcesInfo()
    log.error('process.deadline', { deadline_ms: deadlineMs, open })
    process.stderr.write(`${name}: still open ${deadlineMs} ms after the wish to stop: ${open.join(', ')}\n`)
    process.exit(1)
  }, deadlineMs)
  timer.unref()
}

function reportFailure(name: string, log: Logger, error: unknown): number {
  if (error instanceof ConfigError) {
    writeProblems(name, error)
    return EXIT_CONFIG
  }
  log.error('process.failed', errorFields(error))
  process.stderr.write(`${name}: ${error instanceof SluiceError ? error.message : 'failed; the log says why'}\n`)
  return 1
}

function writeProblems(name: string, error: ConfigError): void {
  process.stderr.write(error.problems.map((problem) => `${name}: ${problem}\n`).join(''))
}

/**
 * What `parse` returns. When it throws a ConfigError the process ends here with status 2 and every problem on standard error: for the
 * first lines of an entry point, where nothing is open yet and no logger exists whose level could be known.
 */
export function configOrExit<T>(name: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    writeProblems(name, error)
    process.exit(EXIT_CONFIG)
  }
}
