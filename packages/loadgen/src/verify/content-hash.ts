import { parseOccurredAt } from '@sluice/contract/event'

/** 64 bits in two halves: the chance that any of a million pairs of different contents looks equal is below 1 in 10¹³. */
export type ContentHash = readonly [number, number]

/** What a stored event says, as the Admin API or the database gives it; payload and extra are JSON text. */
export type StoredContent = {
  eventId: string
  eventType: string
  schemaVersion: number
  occurredAt: string
  payload: string
  extra: string | null
}

// Two lanes of FNV-like mixing; each value starts anew from a seed, so that a hash depends on the value alone.
let a = 0
let b = 0
let text = ''
let at = 0

const start = (kind: number) => {
  a = 0x811c_9dc5 ^ kind
  b = 0x9e37_79b9 + kind
}
const mix = (value: number) => {
  a = Math.imul(a ^ value, 0x0100_0193)
  a ^= a >>> 15
  b = Math.imul(b ^ value, 0x85eb_ca6b)
  b = (b << 13) | (b >>> 19)
}
const finish = () => {
  a = Math.imul(a ^ (a >>> 16), 0xc2b2_ae35)
  a ^= a >>> 13
  b = Math.imul(b ^ (b >>> 16), 0x27d4_eb2f)
  b ^= b >>> 15
}

/**
 * Hash of one JSON value that is the same for every spelling of it: the order of members and white space do not count, and
 * a number is the exact decimal that it spells (1.10 is 1.1 and 11e-1). Nothing is built, so nothing can lose a digit.
 * @param json one valid JSON value
 */
export function hashJson(json: string): ContentHash {
  text = json
  at = 0
  hashValue()
  return [a >>> 0, b >>> 0]
}

const hashString = (value: string): ContentHash => hashJson(JSON.stringify(value))

/** Hash of the event in a body of `POST /events`; null when it is not an object with a readable `occurred_at`. */
export function hashBody(body: string): ContentHash | null {
  const fields: Partial<Record<'event_id' | 'event_type' | 'schema_version' | 'payload', ContentHash>> = {}
  let occurredAt: string | null = null
  text = body
  at = 0
  skipSpace()
  if (text.charCodeAt(at) !== 0x7b) return null
  const rest = hashMembers((from, to, valueAt, end) => {
    switch (text.slice(from + 1, to - 1)) {
      case 'event_id':
      case 'event_type':
      case 'schema_version':
      case 'payload':
        fields[text.slice(from + 1, to - 1) as keyof typeof fields] = [a >>> 0, b >>> 0]
        return true
      case 'occurred_at':
        if (text.charCodeAt(valueAt) === 0x22)
          occurredAt = parseOccurredAt(String(JSON.parse(text.slice(valueAt, end))))
        return true
      default:
        return false
    }
  })
  const { event_id: id, event_type: type, schema_version: version, payload } = fields
  if (!id || !type || !version || !payload || occurredAt === null) return null
  return combine(id, type, version, occurredAt, payload, rest)
}

/** Hash of a stored event: that of `hashBody` when it is what was sent. */
export const hashStored = (stored: StoredContent): ContentHash =>
  combine(
    hashString(stored.eventId),
    hashString(stored.eventType),
    hashJson(String(stored.schemaVersion)),
    stored.occurredAt,
    hashJson(stored.payload),
    stored.extra === null ? null : hashJson(stored.extra),
  )

function combine(
  id: ContentHash,
  type: ContentHash,
  version: ContentHash,
  occurredAt: string,
  payload: ContentHash,
  extra: ContentHash | null,
): ContentHash {
  // Trailing zeros of a second's fraction say nothing.
  const instant = hashString(occurredAt.replace(/(?:\.0*|(\.\d*[1-9])0*)Z$/, '$1Z'))
  start(7)
  for (const [low, high] of [id, type, version, instant, payload, extra ?? NO_HASH]) {
    mix(low)
    mix(high)
  }
  finish()
  return [a >>> 0, b >>> 0]
}

const NO_HASH: ContentHash = [0, 0]

function skipSpace(): void {
  for (;;) {
    const code = text.charCodeAt(at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
    at++
  }
}

function hashValue(): void {
  skipSpace()
  const code = text.charCodeAt(at)
  if (code === 0x22) hashText()
  else if (code === 0x7b) hashMembers(null)
  else if (code === 0x5b) hashArray()
  else if (code === 0x74) hashWord(1, 4)
  else if (code === 0x66) hashWord(2, 5)
  else if (code === 0x6e) hashWord(3, 4)
  else hashNumber()
}

function hashWord(word: number, length: number): void {
  at += length
  start(word)
  finish()
}

/**
 * An object, from its brace on. The sum of the members' hashes: the same in any order.
 * @param take told where a member's name and value stand, with the value's hash in the lanes; true leaves it out of the sum
 * @returns the hash of what was not left out; null when that is nothing
 */
function hashMembers(
  take: ((nameAt: number, nameEnd: number, valueAt: number, valueEnd: number) => boolean) | null,
): ContentHash | null {
  let [sumA, sumB, count] = [0, 0, 0]
  at++
  for (skipSpace(); text.charCodeAt(at) !== 0x7d; skipSpace()) {
    if (at >= text.length) throw new SyntaxError('the JSON text ends inside an object')
    const nameAt = at
    hashText()
    const [nameEnd, nameA, nameB] = [at, a, b]
    skipSpace()
    at++ // :
    skipSpace()
    const valueAt = at
    hashValue()
    if (take?.(nameAt, nameEnd, valueAt, at) !== true) {
      const [valueA, valueB] = [a, b]
      start(4)
      mix(nameA)
      mix(nameB)
      mix(valueA)
      mix(valueB)
      finish()
      sumA = (sumA + a) | 0
      sumB = (sumB + b) | 0
      count++
    }
    skipSpace()
    if (text.charCodeAt(at) === 0x2c) at++
  }
  at++
  start(5)
  mix(sumA)
  mix(sumB)
  mix(count)
  finish()
  return count === 0 ? null : [a >>> 0, b >>> 0]
}

function hashArray(): void {
  let [heldA, heldB, count] = [0, 0, 0]
  at++
  for (skipSpace(); text.charCodeAt(at) !== 0x5d; skipSpace()) {
    if (at >= text.length) throw new SyntaxError('the JSON text ends inside an array')
    hashValue()
    const [valueA, valueB] = [a, b]
    a = heldA
    b = heldB
    mix(valueA)
    mix(valueB)
    heldA = a
    heldB = b
    count++
    skipSpace()
    if (text.charCodeAt(at) === 0x2c) at++
  }
  at++
  start(6)
  mix(heldA)
  mix(heldB)
  mix(count)
  finish()
}

/** The loop that sees most characters: its lanes are local, which is three times as fast. */
function hashText(): void {
  start(8)
  let [low, high, index] = [a, b, at + 1]
  const json = text
  for (;;) {
    let code = json.charCodeAt(index)
    if (code === 0x22) break
    if (Number.isNaN(code)) throw new SyntaxError('the JSON text ends inside a string')
    if (code === 0x5c) {
      at = index
      code = unescaped()
      index = at
    } else index++
    low = Math.imul(low ^ code, 0x0100_0193)
    low ^= low >>> 15
    high = Math.imul(high ^ code, 0x85eb_ca6b)
    high = (high << 13) | (high >>> 19)
  }
  at = index + 1
  a = low
  b = high
  finish()
}

const ESCAPES: Readonly<Record<string, number>> = { b: 8, t: 9, n: 10, f: 12, r: 13 }

function unescaped(): number {
  const letter = text.charAt(at + 1)
  if (letter === 'u') {
    at += 6
    return Number.parseInt(text.slice(at - 4, at), 16)
  }
  at += 2
  return ESCAPES[letter] ?? letter.charCodeAt(0)
}

/** Digits without zeros at either end, the power of ten of the last one, the sign. */
function hashNumber(): void {
  const from = at
  const isNegative = text.charCodeAt(at) === 0x2d
  let [started, zeros, fraction, inFraction] = [false, 0, 0, false]
  start(9)
  if (isNegative) at++
  for (; ; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x2e) inFraction = true
    else if (code >= 0x30 && code <= 0x39) {
      if (inFraction) fraction++
      if (code === 0x30) zeros += started ? 1 : 0
      else {
        for (; zeros > 0; zeros--) mix(0x30)
        started = true
        mix(code)
      }
    } else break
  }
  if (at === from) throw new SyntaxError(`no JSON value at ${from}`)
  if (started) {
    mix(exponent() - fraction + zeros)
    mix(isNegative ? 1 : 0)
  } else exponent()
  finish()
}

function exponent(): number {
  if ((text.charCodeAt(at) | 0x20) !== 0x65) return 0
  const from = ++at
  while ((text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) || /[-+]/.test(text.charAt(at))) at++
  return Number(text.slice(from, at))
}
