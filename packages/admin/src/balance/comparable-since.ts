const MINUTE_MS = 60_000
/** What is deleted for its age must not look lost because a clock or a comparison is late. */
const MARGIN_MINUTES = 10

/** How long rows are kept, ms. */
export type RowRetention = { events: number; deadLetters: number }

/**
 * How many minutes back counters can be compared with rows. A dead letter that was closed, and a stored event, are gone after their
 * retention, and the counters of their minute still hold them: an older minute would show a gap where nothing is missing.
 * @returns 2 or more, the running minute included
 */
export const comparableMinutes = ({ events, deadLetters }: RowRetention): number =>
  Math.max(2, Math.floor(Math.min(events, deadLetters) / MINUTE_MS) - MARGIN_MINUTES)

/** The first minute that can be compared. */
export function comparableSince(asOf: Date, retention: RowRetention): Date {
  const running = Math.floor(asOf.getTime() / MINUTE_MS)
  return new Date((running - comparableMinutes(retention) + 1) * MINUTE_MS)
}
