/** What stands for a number that nobody knows. Never 0, which is a fact. */
export const UNKNOWN = '–'

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 })
const oneDigit = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** 1,204,311. */
export const formatCount = (count: number | null | undefined): string => (count == null ? UNKNOWN : whole.format(count))

/** As `formatCount`, but 1.2 M from a million on: for cards. */
export function formatShortCount(count: number | null | undefined): string {
  if (count == null) return UNKNOWN
  return Math.abs(count) < 1_000_000 ? whole.format(count) : compact.format(count).replace(/([A-Z])$/, ' $1')
}

/** Milliseconds for people: 41 ms, 1.2 s, 3 m 5 s. */
export function formatMs(ms: number | null | undefined): string {
  if (ms == null) return UNKNOWN
  if (ms < 1) return ms === 0 ? '0 ms' : '< 1 ms'
  if (ms < 1_000) return `${Math.round(ms)} ms`
  return ms < 60_000 ? `${oneDigit.format(ms / 1000)} s` : formatSeconds(ms / 1000)
}

/** Seconds for people, in at most two units: 40 s, 2 m 10 s, 3 h 5 m, 2 d 4 h. */
export function formatSeconds(seconds: number | null | undefined): string {
  if (seconds == null) return UNKNOWN
  const rounded = Math.max(0, Math.round(seconds))
  if (rounded < 60) return `${rounded} s`
  if (rounded < 3_600) return units(rounded, 60, 'm', 1, 's')
  if (rounded < 86_400) return units(rounded, 3_600, 'h', 60, 'm')
  return units(rounded, 86_400, 'd', 3_600, 'h')
}

function units(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const count = Math.floor(seconds / large)
  const rest = Math.floor((seconds % large) / small)
  return rest === 0 ? `${count} ${largeName}` : `${count} ${largeName} ${rest} ${smallName}`
}

/** Events per second: 85/s, 0.3/s. */
export function formatRate(perSecond: number | null | undefined): string {
  if (perSecond == null) return UNKNOWN
  return `${perSecond < 10 ? oneDigit.format(perSecond) : whole.format(perSecond)}/s`
}

/** A share of 0 to 1 as per cent: 12 %, < 1 %. */
export function formatShare(share: number | null | undefined): string {
  if (share == null) return UNKNOWN
  if (share > 0 && share < 0.01) return '< 1 %'
  return `${whole.format(share * 100)} %`
}

/** `tenant`, `tenants`; the count in front. */
export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`

/** The middle of a long id left out: 01936f0a…c0de. */
export function shortenMiddle(text: string, keep = 17): string {
  if (text.length <= keep) return text
  const tail = Math.floor((keep - 1) / 3)
  return `${text.slice(0, keep - 1 - tail)}…${text.slice(-tail)}`
}

/** Bytes: 312 B, 27 KiB. */
export const formatBytes = (bytes: number): string =>
  bytes < 1024 ? `${bytes} B` : `${oneDigit.format(bytes / 1024)} KiB`
