import { isUuid } from '@sluice/contract/identifiers'
import { SluiceError } from '@sluice/runtime/errors'

/** The place after the last row of a page in a list that is sorted by (time, id), newest first. */
export type Cursor = {
  /** µs since 1970, as decimal digits. */
  micros: string
  id: string
}

/** The cursor was not made by this list. Nothing is signed: a made-up one that reads well only leads to another place. */
export class InvalidCursorError extends SluiceError {
  override readonly name = 'InvalidCursorError'
  readonly code = 'INVALID_CURSOR'
  readonly retryable = false
}

export const encodeCursor = ({ micros, id }: Cursor): string =>
  Buffer.from(`${micros}.${id}`, 'latin1').toString('base64url')

// 16 digits end in the year 2286; every text of this length is a time that PostgreSQL knows.
const CURSOR = /^(\d{1,16})\.([\da-f-]{36})$/

/**
 * @param text opaque to callers; null: from the start
 * @throws {InvalidCursorError}
 */
export function parseCursor(text: string | null): Cursor | null {
  if (text === null) return null
  const [, micros, id] = CURSOR.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? []
  if (text.length > 100 || micros === undefined || id === undefined || !isUuid(id))
    throw new InvalidCursorError('the cursor is not one that this list gave out')
  return { micros, id }
}

export type Page<Row> = {
  /** Newest first. */
  rows: Row[]
  /** Null: this was the last page. */
  nextCursor: string | null
}

/** A page of at most `limit` rows from `limit + 1` that were asked for: one more tells that there is a next page. */
export function toPage<Row>(rows: readonly Row[], limit: number, cursorOf: (row: Row) => Cursor): Page<Row> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { rows: shown, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null }
}
