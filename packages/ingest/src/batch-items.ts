import type { Refusal } from './request-head.ts'

/** Events that one request may hold. */
export const MAX_BATCH_EVENTS = 1_000

const NEWLINE = 0x0a
const COMMA = 0x2c
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** Bytes that may stand around a value: RFC 8259, section 2. */
const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x09 || byte === NEWLINE || byte === 0x0d

/**
 * The events of newline-delimited JSON, as they were sent: the bytes of each line that holds anything but white space.
 * @returns 1 to 1,000 of them, or why there are none; whether each is JSON is not looked at
 */
export function splitLines(body: Buffer): Buffer[] | Refusal {
  const items: Buffer[] = []
  for (let start = 0; start < body.length; ) {
    const end = body.indexOf(NEWLINE, start)
    const line = trim(body, start, end === -1 ? body.length : end)
    if (line.length > 0) items.push(line)
    if (items.length > MAX_BATCH_EVENTS) return TOO_MANY
    if (end === -1) break
    start = end + 1
  }
  return items.length === 0 ? EMPTY : items
}

/**
 * The elements of a JSON array, as they were sent. Looks at brackets and strings alone: of an array that is JSON these are its
 * elements, and of one that is not, at least one of them is none either.
 * @returns 1 to 1,000 of them, or why there are none
 */
export function splitArray(body: Buffer): Buffer[] | Refusal {
  const whole = trim(body, 0, body.length)
  if (whole[0] !== OPEN_BRACKET || whole.at(-1) !== CLOSE_BRACKET) return NO_ARRAY
  const inside = whole.subarray(1, -1)
  if (trim(inside, 0, inside.length).length === 0) return EMPTY
  const items: Buffer[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < inside.length; at += 1) {
    const byte = inside[at]
    if (byte === QUOTE) at = endOfString(inside, at)
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1
    else if (byte === COMMA && depth === 0) {
      items.push(trim(inside, start, at))
      start = at + 1
      if (items.length > MAX_BATCH_EVENTS) return TOO_MANY
    }
    if (depth < 0) return NO_ARRAY
  }
  if (depth !== 0) return NO_ARRAY
  items.push(trim(inside, start, inside.length))
  return items.length > MAX_BATCH_EVENTS ? TOO_MANY : items
}

/** The closing quote of the string that opens at `at`, or the last byte when nothing closes it. */
function endOfString(bytes: Buffer, at: number): number {
  for (let p = at + 1; p < bytes.length; p += 1) {
    if (bytes[p] === BACKSLASH) p += 1
    else if (bytes[p] === QUOTE) return p
  }
  return bytes.length
}

function trim(bytes: Buffer, from: number, until: number): Buffer {
  let [start, end] = [from, until]
  while (start < end && isSpace(bytes[start])) start += 1
  while (end > start && isSpace(bytes[end - 1])) end -= 1
  return bytes.subarray(start, end)
}

const EMPTY: Refusal = { code: 'BAD_REQUEST', detail: 'The batch holds no event: send 1 to 1,000.' }
const TOO_MANY: Refusal = {
  code: 'TOO_LARGE',
  detail: 'The batch holds more than 1,000 events: send them in several requests.',
  facts: { limit_events: MAX_BATCH_EVENTS },
}
const NO_ARRAY: Refusal = {
  code: 'MALFORMED_BODY',
  detail: 'The body is not a JSON array. Send one, or one event a line as application/x-ndjson.',
}
/** Found in an element: the array as a whole is no JSON then, and nobody can tell what its sender meant. */
export const BROKEN_ARRAY: Refusal = {
  code: 'MALFORMED_BODY',
  detail: 'The array is not JSON: nothing of it was taken. Mend it, or send one event a line as application/x-ndjson.',
}
