import { formatSeconds } from './format.ts'

export type Zone = string

/** Hours, minutes, seconds in the chosen zone: 14:03:07. */
export function clockTime(at: string | number, zone: Zone): string {
  return partsOf(at, zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

/** Hours and minutes: for the axis of a chart. */
export const hourMinute = (at: string | number, zone: Zone): string =>
  partsOf(at, zone, { hour: '2-digit', minute: '2-digit' })

/** Day and time, with the zone: 2 Jan 2026, 14:03:07 UTC. */
export function fullTime(at: string | number, zone: Zone): string {
  const text = partsOf(at, zone, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  return zone === 'UTC' ? `${text} UTC` : `${text} (${zone})`
}

/** For tables: the time, with its day unless that is today. */
export function tableTime(at: string, nowMs: number, zone: Zone): string {
  const day = (when: string | number) => partsOf(when, zone, { year: 'numeric', month: '2-digit', day: '2-digit' })
  if (day(at) === day(nowMs)) return clockTime(at, zone)
  return partsOf(at, zone, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

function partsOf(at: string | number, zone: Zone, options: Intl.DateTimeFormatOptions): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return '–'
  return new Intl.DateTimeFormat('en-GB', { ...options, hourCycle: 'h23', timeZone: zone }).format(date)
}

const JUST_NOW_SECONDS = 5

/** "3 s ago", "in 10 s", "just now". */
export function relativeTime(at: string, nowMs: number): string {
  const seconds = (nowMs - Date.parse(at)) / 1000
  if (Number.isNaN(seconds)) return '–'
  // Two clocks, or a page and an answer, are never quite of one moment.
  if (seconds > -JUST_NOW_SECONDS && seconds < 1) return 'just now'
  return seconds < 0 ? `in ${formatSeconds(-seconds)}` : `${formatSeconds(Math.floor(seconds))} ago`
}

/** The zone that a cookie or a browser names, or UTC when there is no such zone here. */
export function toZone(name: string | undefined): Zone {
  if (name === undefined || name === '') return 'UTC'
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name })
    return name
  } catch {
    // No such zone: RangeError.
    return 'UTC'
  }
}

/** When a receipt was made, by the time inside its id (UUID v7: RFC 9562, section 5.7); null when it is none. */
export function receiptTimeMs(receiptId: string): number | null {
  const [, high = '', low = ''] =
    /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.exec(receiptId) ?? []
  return high === '' ? null : Number.parseInt(high + low, 16)
}
