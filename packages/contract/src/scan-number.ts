import { faultAt } from './json-fault.ts'

/** Digits of one number when written out: far inside what PostgreSQL's numeric keeps without loss. */
const MAX_DIGITS = 512
/** Digits of all numbers together when written out: 900 bytes of exponents read back as 13 million characters. */
const MAX_WRITTEN_DIGITS = 1_048_576
/** An exponent beyond this has the same effect, so that longer ones need no larger integers. */
const EXPONENT_CAP = 1_000_000

const MINUS = 0x2d
const latin1 = new TextDecoder('latin1')

let writtenDigits = 0

/** Forgets the digits of the body before. */
export function beginNumbers(): void {
  writtenDigits = 0
}

/**
 * Reads one number: RFC 8259, section 6, and the limits above, which count the digits without an exponent: `1e300` has 301,
 * `0.1e-400` has 402. Its value must round to a finite double; one too close to zero for a double is let through.
 * @param at the minus sign or the first digit
 * @returns the position behind it, or a fault
 */
export function scanNumber(bytes: Uint8Array, at: number, end: number): number {
  let p = bytes[at] === MINUS ? at + 1 : at
  const wholeFrom = p
  p = scanDigits(bytes, p, end)
  const whole = p - wholeFrom
  if (whole === 0) return faultAt('a digit is missing', p)
  if (whole > 1 && bytes[wholeFrom] === 0x30) return faultAt('a number with a leading zero', at)
  let fraction = 0
  if (p < end && bytes[p] === 0x2e) {
    const from = p + 1
    p = scanDigits(bytes, from, end)
    fraction = p - from
    if (fraction === 0) return faultAt('a digit is missing', p)
  }
  let exponent = 0
  if (p < end && ((bytes[p] as number) | 0x20) === 0x65) {
    const sign = p + 1 < end ? (bytes[p + 1] as number) : 0
    const from = sign === MINUS || sign === 0x2b ? p + 2 : p + 1
    p = scanDigits(bytes, from, end)
    if (p === from) return faultAt('a digit is missing', p)
    for (let digit = from; digit < p && exponent < EXPONENT_CAP; digit += 1)
      exponent = exponent * 10 + (bytes[digit] as number) - 0x30
    if (sign === MINUS) exponent = -exponent
  }
  const before = Math.max(1, whole + exponent)
  const written = before + Math.max(0, fraction - exponent)
  if (written > MAX_DIGITS)
    return before > MAX_DIGITS && !roundsToFinite(bytes, at, p)
      ? faultAt('A number beyond the range of a double', at)
      : faultAt('A number with too many digits when written out (at most 512)', at)
  // The largest double has 309 digits before its point: fewer are always in range.
  if (before > 308 && !roundsToFinite(bytes, at, p)) return faultAt('A number beyond the range of a double', at)
  writtenDigits += written
  if (writtenDigits > MAX_WRITTEN_DIGITS)
    return faultAt('Numbers with too many digits together when written out (at most 1,048,576)', at)
  return p
}

function scanDigits(bytes: Uint8Array, at: number, end: number): number {
  let p = at
  while (p < end && (bytes[p] as number) >= 0x30 && (bytes[p] as number) <= 0x39) p += 1
  return p
}

function roundsToFinite(bytes: Uint8Array, start: number, end: number): boolean {
  return Number.isFinite(Number(latin1.decode(bytes.subarray(start, end))))
}
