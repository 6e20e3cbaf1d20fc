import type { Pool } from '@sluice/runtime/postgres'
import { withinLimit } from '@sluice/runtime/within-limit'
import type { QueryResultRow } from 'pg'
import { LogUnavailableError } from '#src/event-log.ts'

/** The server's own statement limit is 3 s; the client's is a little longer and fires on a hung link. */
const ANSWER_LIMIT_MS = 3_500

export type Question = { name?: string; text: string; values?: readonly unknown[]; limitMs?: number }

/**
 * Asks the pool one read-only question.
 * @param purpose what the question is for, as the message of the error: `reading the lag of events.raw`
 * @throws {LogUnavailableError} whatever the driver said, as its cause
 */
export async function ask<Row extends QueryResultRow>(
  pool: Pool,
  purpose: string,
  { name, text, values = [], limitMs = ANSWER_LIMIT_MS }: Question,
): Promise<Row[]> {
  const query = { text, values: [...values], query_timeout: limitMs, ...(name === undefined ? {} : { name }) }
  try {
    // The pool's own wait for a connection is bounded by its settings, this bounds the two together.
    const { rows } = await withinLimit(limitMs, () => pool.query<Row>(query))
    return rows
  } catch (cause) {
    throw new LogUnavailableError(purpose, { cause })
  }
}
