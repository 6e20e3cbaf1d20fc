import { InvalidCursorError } from '@sluice/event-store/queries/cursor'
import { ProblemError } from '@sluice/runtime/problem-error'

const invalid = (parameter: string, detail: string) =>
  new ProblemError('INVALID_PARAMETER', `${parameter} ${detail}.`, { errors: [{ parameter, detail }] })

/** A time parameter; null when it was not given. @throws {ProblemError} 400 for a date that does not exist */
export function toDate(parameter: string, text: string | undefined): Date | null {
  if (text === undefined) return null
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) throw invalid(parameter, 'must be an RFC 3339 time, such as 2026-01-31T12:00:00Z')
  return date
}

/** Answers 400 to a cursor that the list did not give out. */
export async function refuseForeignCursor<T>(page: Promise<T>): Promise<T> {
  try {
    return await page
  } catch (error) {
    if (error instanceof InvalidCursorError) throw invalid('cursor', 'must be the next_cursor of the page before')
    throw error
  }
}
