import type { EnvReader } from '@sluice/runtime/env'

/** Which engine keeps the log, and how to reach it. */
export type EventLogConfig = { engine: 'postgres'; url: string; connections: number }

/**
 * Reads where the log is. Problems are told to the reader, whose `finish` refuses.
 * @param connections the size of the pool for appends and reads; each consumer has one more connection of its own
 */
export function parseEventLogConfig(
  read: EnvReader,
  { connections = 4 }: { connections?: number } = {},
): EventLogConfig {
  const url = read.url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'], secret: true })
  if (url === null) read.problem('DATABASE_URL must be set; `npm start` sets it for the database that it brings along')
  return { engine: 'postgres', url: url ?? '', connections }
}
