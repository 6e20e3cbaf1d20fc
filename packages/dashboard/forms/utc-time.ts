const FORM = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(?::(\d{2}))?)?Z?$/

/** What a person typed as a time in UTC: `2026-01-31`, `2026-01-31 12:00` or `2026-01-31 12:00:30`. Null when it is none. */
export function parseUtcTime(text: string): Date | null {
  const [, day, minutes = '00:00', seconds = '00'] = FORM.exec(text.trim()) ?? []
  if (day === undefined) return null
  const time = new Date(`${day}T${minutes}:${seconds}.000Z`)
  // 31 February is no time, though Date makes one of it.
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day) ? time : null
}

/** The same form back: `2026-01-31 12:00:30`. */
export const formatUtcTime = (time: Date): string => time.toISOString().slice(0, 19).replace('T', ' ')
