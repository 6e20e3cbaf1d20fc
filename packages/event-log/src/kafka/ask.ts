import { withinLimit } from '@sluice/runtime/within-limit'
import { LogUnavailableError, UnknownTopicError } from '#src/event-log.ts'
import { innermostError } from './kafka-errors.ts'

/**
 * Asks the brokers something that changes nothing, within a time of our own: the client's retries add up.
 * @param purpose what is asked, as the message of the error: `reading the lag of events.raw`
 * @param question told by its signal when nobody waits any more
 * @throws {LogUnavailableError} whatever the client said, as its cause; an answer that comes later is dropped
 */
export async function ask<T>(
  purpose: string,
  limitMs: number,
  question: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await withinLimit(limitMs, question)
  } catch (cause) {
    if (cause instanceof LogUnavailableError || cause instanceof UnknownTopicError) throw cause
    throw new LogUnavailableError(purpose, { cause: innermostError(cause) })
  }
}
