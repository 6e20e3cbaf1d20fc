/** 64 bits in two halves: the chance that any of a million pairs of different values looks equal is below 1 in 10¹³. */
export type JsonHash = readonly [number, number]

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
export function hashJson(json: string): JsonHash {
  text = json
  at = 0
  hashValue()
  return [a >>> 0, b >>> 0]
}

/** What a caller is told of a member of an object: its name as it is spelled, its value's hash, and its value's text if asked. It must not hash itself. */
export type TakeMember = (name: string, hash: JsonHash, valueText: () => string) => boolean

/**
 * Hash of an object without the members that `take` says it took; null when nothing is left, or when it is no object.
 * @param json one valid JSON value
 */
export function hashObject(json: string, take: TakeMember): JsonHash | null {
  text = json
  at = 0
  skipSpace()
  return text.charCodeAt(at) === 0x7b ? hashMembers(take) : null
}

/** Hash of several hashes in this order. */
export function hashAll(parts: readonly JsonHash[]): JsonHash {
  start(7)
  for (const [low, high] of parts) {
    mix(low)
    mix(high)
  }
  finish()
  return [a >>> 0, b >>> 0]
}

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
 * @param take told of each member; true leaves it out of the sum
 * @returns the hash of what was not left out; null when that is nothing
 */
function hashMembers(take: TakeMember | null): JsonHash | null {
  let [sumA, sumB, count] = [0, 0, 0]
  const json = text
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
    const end = at
    const isTaken = take?.(json.slice(nameAt + 1, nameEnd - 1), [a >>> 0, b >>> 0], () => json.slice(valueAt, end))
    if (isTaken !== true) {
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
