import { faultAt } from './json-fault.ts'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** 1 for a byte that is a character of a string by itself: ASCII that is neither a control character, nor `"`, nor `\`. */
export const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
)

/** 1 for a byte that may follow a backslash, `u` aside. */
const ESCAPABLE = new Uint8Array(256)
for (const letter of '"\\/bfnrt') ESCAPABLE[letter.charCodeAt(0)] = 1

/** The value of a hex digit, 255 for any other byte. */
const HEX_VALUE = new Uint8Array(256).fill(255)
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  HEX_VALUE[digit.charCodeAt(0)] = value
  HEX_VALUE[digit.toUpperCase().charCodeAt(0)] = value
}

/**
 * Reads the rest of a string: escapes, surrogate pairs, UTF-8.
 * @param at behind the opening quote, or further on at the beginning of a character
 * @param opened the opening quote, where a missing end is reported
 * @returns the position behind the closing quote, or a fault
 */
export function scanString(bytes: Uint8Array, at: number, end: number, opened: number): number {
  let p = at
  for (;;) {
    while (p < end && PLAIN[bytes[p] as number] === 1) p += 1
    if (p >= end) return faultAt('a string without end', opened)
    const byte = bytes[p] as number
    if (byte === QUOTE) return p + 1
    if (byte >= 0x80) p = scanCharacter(bytes, p, end, byte)
    else if (byte === BACKSLASH) p = scanEscape(bytes, p, end)
    else return faultAt('a control character inside a string', p)
    if (p < 0) return p
  }
}

/** One character beyond ASCII: RFC 3629, section 4: no overlong form, no surrogate, nothing beyond U+10FFFF. */
function scanCharacter(bytes: Uint8Array, at: number, end: number, lead: number): number {
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  if (lead < 0xc2 || lead > 0xf4 || at + length > end) return faultAt('invalid UTF-8', at)
  const second = bytes[at + 1] as number
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return faultAt('invalid UTF-8', at)
  if (length > 2 && ((bytes[at + 2] as number) & 0xc0) !== 0x80) return faultAt('invalid UTF-8', at)
  if (length > 3 && ((bytes[at + 3] as number) & 0xc0) !== 0x80) return faultAt('invalid UTF-8', at)
  return at + length
}

function scanEscape(bytes: Uint8Array, at: number, end: number): number {
  const letter = at + 1 < end ? (bytes[at + 1] as number) : 0
  if (letter !== 0x75) return ESCAPABLE[letter] === 1 ? at + 2 : faultAt('an unknown or broken escape', at)
  const unit = hex4(bytes, at + 2, end)
  if (unit < 0) return faultAt('an unknown or broken escape', at)
  if (unit === 0) return faultAt('A NUL character (\\u0000)', at)
  if (unit < 0xd800 || unit > 0xdfff) return at + 6
  if (unit >= 0xdc00) return faultAt('A lone surrogate', at)
  const next = at + 6
  const cut = next >= end || (bytes[next] === BACKSLASH && next + 1 >= end)
  if (cut) return faultAt('an unknown or broken escape', at)
  if (bytes[next] !== BACKSLASH || bytes[next + 1] !== 0x75) return faultAt('A lone surrogate', at)
  const low = hex4(bytes, next + 2, end)
  if (low < 0) return faultAt('an unknown or broken escape', next)
  return low >= 0xdc00 && low <= 0xdfff ? at + 12 : faultAt('A lone surrogate', at)
}

/** The code unit of four hex digits, −1 when they are not four hex digits. */
function hex4(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1
  let unit = 0
  for (let p = at; p < at + 4; p += 1) {
    const value = HEX_VALUE[bytes[p] as number] as number
    if (value === 255) return -1
    unit = unit * 16 + value
  }
  return unit
}

/**
 * The text of a string that `scanString` let through.
 * @param start behind its opening quote
 * @param end its closing quote
 */
export function stringText(bytes: Uint8Array, start: number, end: number): string {
  const text = decoder.decode(bytes.subarray(start, end))
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text
}
