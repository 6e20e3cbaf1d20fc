import { createLogger, type Logger } from '../logger.ts'

export interface MemoryLog {
  readonly log: Logger
  /** The lines written so far, parsed. */
  readonly lines: Record<string, unknown>[]
  /** Names of the events written so far, in order. */
  events(): string[]
}

/** A logger that keeps its lines, for tests that look at them or want none on their output. */
export function createMemoryLog(): MemoryLog {
  const lines: Record<string, unknown>[] = []
  const log = createLogger({
    name: 'test',
    level: 'debug',
    destination: { write: (line) => lines.push(JSON.parse(line)) },
  })
  return { log, lines, events: () => lines.map(({ event }) => String(event)) }
}
