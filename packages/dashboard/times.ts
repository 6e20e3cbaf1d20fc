import { formatSeconds } from './format.ts'

export type Zone = string

const HOUR_MINUTE = { hour: '2-digit', minute: '2-digit' } as const
const CLOCK = { ...HOUR_MINUTE, second: '2-digit' } as const
const PARTS = {
  hour_minute: HOUR_MINUTE,
  clock: CLOCK,
  day: { year: 'numeric', month: '2-digit', day: '2-digit' },
  day_clock: { month: 'short', day: 'numeric', ...CLOCK },
  full: { year: 'numeric', month: 'short', day: 'numeric', ...CLOCK },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>

/** Hours, minutes, seconds in the chosen zone: 14:03:07. */
export const clockTime = (at: string | number, zone: Zone): string => partsOf(at, zone, 'clock')

/** Hours and minutes: for the axis of a chart. */
export const hourMinute = (at: string | number, zone: Zone): string => partsOf(at, zone, 'hour_minute')

/** Day and time, with the zone: 2 Jan 2026, 14:03:07 UTC. */
export function fullTime(at: string | number, zone: Zone): string {
  const text = partsOf(at, zone, 'full')
  return zone === 'UTC' ? `${text} UTC` : `${text} (${zone})`
}

/** For tables: the time, with its day unless that is today. */
export function tableTime(at: string, nowMs: number, zone: Zone): string {
  const isToday = partsOf(at, zone, 'day') === partsOf(nowMs, zone, 'day')
  return partsOf(at, zone, isToday ? 'clock' : 'day_clock')
}

function partsOf(at: string | number, zone: Zone, parts: keyof typeof PARTS): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? '–' : formatOf(zone, parts).format(date)
}

/** By zone and parts. Making a format takes as long as 60 uses of it: a strip of 60 minutes took 20 ms at each refresh. */
const formats = new Map<string, Intl.DateTimeFormat>()
/** The five of ten viewers' zones; a zone is named by a cookie, so there is no end to them on the server. */
const MAX_FORMATS = 50

function formatOf(zone: Zone, parts: keyof typeof PARTS): Intl.DateTimeFormat {
  const key = `${parts} ${zone}`
  const known = formats.get(key)
  if (known !== undefined) return known
  if (formats.size >= MAX_FORMATS) formats.clear()
  const made = new Intl.DateTimeFormat('en-GB', { ...PARTS[parts], hourCycle: 'h23', timeZone: zone })
  formats.set(key, made)
  return made
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
