import { faultAt } from './json-fault.ts'
import { PLAIN, scanString, stringText } from './scan-string.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const encoder = new TextEncoder()

// All names of one body, in order, and a table of them with open addressing: a name costs the same however many there
// are. The arrays live as long as the process and grow to the largest limit that was asked for.
let capacity = 0
let count = 0
let starts = new Int32Array(0)
/** End of the name's bytes between the quotes; as written, so that the name can be read again. */
let ends = new Int32Array(0)
let owners = new Int32Array(0)
let hashes = new Int32Array(0)
let slotOfName = new Int32Array(0)
/** Index + 1 of a name, 0 where none is; at most a quarter of them are taken. */
let table = new Int32Array(0)
/** Bytes of the names that hold escapes, without them; index of such a name → its bytes. */
const unescaped = new Map<number, Uint8Array>()

// Random for each process: who knows the function could otherwise choose names that all meet in one slot.
const MULTIPLIER = (Math.floor(Math.random() * 0x7fff_ffff) << 1) | 1
const SEED = Math.floor(Math.random() * 0xffff_ffff) | 0

/** Forgets the names of the body before, and makes room for `maxNames`. */
export function beginNames(maxNames: number): void {
  for (let index = 0; index < count; index += 1) table[slotOfName[index] as number] = 0
  count = 0
  if (unescaped.size > 0) unescaped.clear()
  if (maxNames <= capacity) return
  capacity = maxNames
  starts = new Int32Array(capacity)
  ends = new Int32Array(capacity)
  owners = new Int32Array(capacity)
  hashes = new Int32Array(capacity)
  slotOfName = new Int32Array(capacity)
  table = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 4)))
}

/** How many names were read, in all objects. The caller keeps it below the limit given to `beginNames`. */
export function nameCount(): number {
  return count
}

/**
 * Reads a name and refuses it when its object has it already, compared after unescaping.
 * @param at its opening quote
 * @param owner number of the object, another one for each object of the body
 * @returns the position behind its closing quote, or a fault
 */
export function scanName(bytes: Uint8Array, at: number, end: number, owner: number): number {
  const start = at + 1
  let p = start
  let hash = SEED ^ Math.imul(owner, 0x9e3779b1)
  while (p < end) {
    const byte = bytes[p] as number
    if (PLAIN[byte] !== 1) break
    hash = mix(hash, byte)
    p += 1
  }
  if (p < end && bytes[p] === QUOTE) return keep(bytes, bytes, start, p, owner, hash)
  const close = scanString(bytes, p, end, at)
  if (close < 0) return close
  const written = bytes.subarray(start, close - 1)
  const name = written.includes(BACKSLASH) ? encoder.encode(stringText(bytes, start, close - 1)) : null
  hash = SEED ^ Math.imul(owner, 0x9e3779b1)
  for (const each of name ?? written) hash = mix(hash, each)
  return keep(bytes, name ?? bytes, start, close - 1, owner, hash)
}

// Texts of names seen before, by hash: events of one kind have the same names again and again, and decoding one costs 0.4 µs.
const KNOWN_TEXTS = 256
const knownTexts = new Array<string>(KNOWN_TEXTS).fill('')

/** The text of a name that was read. */
export function nameText(bytes: Uint8Array, index: number): string {
  const [start, end] = [starts[index] as number, ends[index] as number]
  const place = (hashes[index] as number) & (KNOWN_TEXTS - 1)
  const known = knownTexts[place] as string
  if (isWritten(bytes, start, end, known)) return known
  const text = stringText(bytes, start, end)
  if (isWritten(bytes, start, end, text)) knownTexts[place] = text
  return text
}

/** Whether the bytes are this text: short, ASCII, written without escapes. False says nothing. */
function isWritten(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (text.length !== end - start || text.length > 64) return false
  for (let index = 0; index < text.length; index += 1) {
    const byte = bytes[start + index] as number
    if (byte >= 0x80 || byte === BACKSLASH || byte !== text.charCodeAt(index)) return false
  }
  return true
}

/** Where a name's opening quote is. */
export function nameStart(index: number): number {
  return (starts[index] as number) - 1
}

function mix(hash: number, byte: number): number {
  const mixed = Math.imul(hash ^ byte, MULTIPLIER)
  return mixed ^ (mixed >>> 15)
}

/** `source` is the body, or the bytes of an unescaped name. */
function keep(bytes: Uint8Array, source: Uint8Array, start: number, end: number, owner: number, hash: number): number {
  const mask = table.length - 1
  let slot = (hash ^ (hash >>> 16)) & mask
  for (let held = table[slot] as number; held !== 0; held = table[slot] as number) {
    const other = held - 1
    if (hashes[other] === hash && owners[other] === owner && isSame(bytes, source, start, end, other))
      return faultAt('A member name that stands twice in one object', start - 1)
    slot = (slot + 1) & mask
  }
  table[slot] = count + 1
  slotOfName[count] = slot
  starts[count] = start
  ends[count] = end
  owners[count] = owner
  hashes[count] = hash
  if (source !== bytes) unescaped.set(count, source)
  count += 1
  return end + 1
}

function isSame(bytes: Uint8Array, source: Uint8Array, start: number, end: number, other: number): boolean {
  const otherSource = unescaped.size === 0 ? bytes : (unescaped.get(other) ?? bytes)
  const otherFrom = otherSource === bytes ? (starts[other] as number) : 0
  const otherTo = otherSource === bytes ? (ends[other] as number) : otherSource.length
  const from = source === bytes ? start : 0
  const to = source === bytes ? end : source.length
  if (otherTo - otherFrom !== to - from) return false
  for (let index = 0; index < to - from; index += 1)
    if (otherSource[otherFrom + index] !== source[from + index]) return false
  return true
}
