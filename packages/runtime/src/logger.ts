import { isatty } from 'node:tty'
import pino from 'pino'
import { errorFields } from './error-fields.ts'
import { prettyLine } from './pretty-line.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What belongs to a line, by snake_case name. An allow-list at each place of use: never payloads, keys, headers or bodies. */
export type LogFields = Readonly<Record<string, unknown>>

type Write = (event: string, fields?: LogFields) => void

/** Writes one JSON line per call. `event` is a constant such as `batch.settled`; what varies goes into the fields. */
export interface Logger {
  debug: Write
  info: Write
  warn: Write
  error: Write
  /** A logger that adds `fields` to each of its lines. */
  child(fields: LogFields): Logger
}

/** Takes finished lines, each with its newline. */
export interface LineSink {
  write(line: string): void
}

export interface LoggerOptions {
  /** Which process speaks: `ingest`, `processor`, … */
  readonly name: string
  readonly level: LogLevel
  /** Where lines go; standard output unless given. */
  readonly destination?: LineSink
}

/** A logger on standard output: JSON lines (`time`, `level`, `process`, `pid`, `event`, fields), a readable form on a terminal only. */
export function createLogger({ name, level, destination = standardOutput() }: LoggerOptions): Logger {
  const root = pino(
    {
      level,
      base: { process: name, pid: process.pid },
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
  return wrap(root)
}

// Written at once, not buffered: the line that says why a process ended is the one that must not be lost.
function standardOutput(): LineSink {
  const out = pino.destination({ fd: 1, sync: true })
  // A full disk under the log is no reason to end, and there is nobody left to say it to.
  out.on('error', () => {})
  return isatty(1) ? { write: (line) => out.write(prettyLine(line)) } : out
}

function wrap(inner: pino.Logger): Logger {
  return {
    debug: (event, fields = {}) => inner.debug(fields, event),
    info: (event, fields = {}) => inner.info(fields, event),
    warn: (event, fields = {}) => inner.warn(fields, event),
    error: (event, fields = {}) => inner.error(fields, event),
    child: (fields) => wrap(inner.child(fields)),
  }
}

/**
 * Does one unit of work and writes one line about it when it ended: the fields gathered on the way, `duration_ms`, and after a throw
 * the chain of causes, at level `error`. The throw goes on to the caller, who does not log it again.
 */
export async function withWideEvent<T>(
  log: Logger,
  event: string,
  level: 'debug' | 'info' | 'warn',
  work: (fields: Record<string, unknown>) => Promise<T>,
): Promise<T> {
  const fields: Record<string, unknown> = {}
  const start = performance.now()
  const durationMs = () => Math.round((performance.now() - start) * 1_000) / 1_000
  try {
    const result = await work(fields)
    log[level](event, { ...fields, duration_ms: durationMs() })
    return result
  } catch (error) {
    log.error(event, { ...fields, duration_ms: durationMs(), ...errorFields(error) })
    throw error
  }
}
