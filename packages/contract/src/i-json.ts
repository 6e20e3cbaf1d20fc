import { faultAt, type JsonProblem, problemOf } from './json-fault.ts'
import { beginNames, nameCount, nameStart, nameText, scanName } from './member-names.ts'
import { beginNumbers, scanNumber } from './scan-number.ts'
import { scanString, stringText } from './scan-string.ts'

export type { JsonProblem } from './json-fault.ts'

/** One member of the outermost object: `start` and `end` are the bytes of its value, `nameStart` is its name's opening quote. */
export type JsonMember = {
  name: string
  kind: 'object' | 'array' | 'string' | 'number' | 'true' | 'false' | 'null'
  nameStart: number
  start: number
  end: number
}

/** When it is not ok, `members` are those that were whole before the problem. */
export type JsonScan = { members: readonly JsonMember[] } & ({ ok: true } | { ok: false; problem: JsonProblem })

/** Counted over the whole body, the outermost object being level 1. */
export type JsonLimits = { maxDepth: number; maxMembers: number }

export const EVENT_LIMITS: JsonLimits = { maxDepth: 32, maxMembers: 2_000 }

/**
 * Whether the bytes are one JSON object (RFC 8259) that every reader understands alike (I-JSON, RFC 7493): valid UTF-8, no
 * repeated names (compared after unescaping), no lone surrogates, no `\u0000`, numbers within double range. Unlike RFC 7493,
 * noncharacters are let through. One pass, no recursion; its time grows with the bytes alone, whatever they are. The first
 * problem from the front answers.
 * @returns null when they are
 */
export function checkObject(bytes: Uint8Array, limits: JsonLimits = EVENT_LIMITS): JsonProblem | null {
  const end = scan(bytes, limits)
  return end < 0 ? problemOf(end, (offset) => pointerAt(bytes, offset)) : null
}

/** The same check, which also tells where the members of the outermost object are, in their order. */
export function scanObject(bytes: Uint8Array, limits: JsonLimits = EVENT_LIMITS): JsonScan {
  const end = scan(bytes, limits)
  const members = readMembers(bytes)
  return end < 0
    ? { ok: false, problem: problemOf(end, (offset) => pointerAt(bytes, offset)), members }
    : { ok: true, members }
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const MINUS = 0x2d

// The state of the one scan that runs: it is synchronous and calls nobody, so these are shared and made once.
let depth = 0
/** Per level from 1: whether it is an object, the number of that object, and the name or element that is being read in it. */
let stackIsObject = new Uint8Array(0)
let stackOwner = new Int32Array(0)
let stackItem = new Int32Array(0)
/** The item of an object between a comma and the end of the next name. */
const NO_ITEM = -1
let objectCount = 0
/** Members of the outermost object; an end of −1 is one that is being read. */
let memberCount = 0
let memberName = new Int32Array(0)
let memberStart = new Int32Array(0)
let memberEnd = new Int32Array(0)

function begin({ maxDepth, maxMembers }: JsonLimits): void {
  beginNames(maxMembers)
  beginNumbers()
  depth = 0
  objectCount = 0
  memberCount = 0
  if (stackItem.length <= maxDepth) {
    stackIsObject = new Uint8Array(maxDepth + 1)
    stackOwner = new Int32Array(maxDepth + 1)
    stackItem = new Int32Array(maxDepth + 1)
  }
  if (memberName.length < maxMembers) {
    memberName = new Int32Array(maxMembers)
    memberStart = new Int32Array(maxMembers)
    memberEnd = new Int32Array(maxMembers)
  }
}

/** From value to value. Returns the position behind all, or a fault. */
function scan(bytes: Uint8Array, limits: JsonLimits): number {
  begin(limits)
  const end = bytes.length
  const first = skipSpace(bytes, 0, end)
  let p = first
  for (;;) {
    const byte = p < end ? (bytes[p] as number) : 0
    if (depth === 1 && stackIsObject[1] === 1) {
      memberStart[memberCount - 1] = p
      memberEnd[memberCount - 1] = -1
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      const inside = openContainer(bytes, p, end, byte === OPEN_BRACE, limits)
      if (inside < 0) return inside
      // An empty container is closed already, and a value has ended; else the first one inside begins.
      p = inside
      if (!closedEmpty) continue
    } else if (byte === QUOTE) p = scanString(bytes, p + 1, end, p)
    else if (byte === MINUS || (byte >= 0x30 && byte <= 0x39)) p = scanNumber(bytes, p, end)
    else p = scanWord(bytes, p, end, byte)
    if (p >= 0) p = afterValue(bytes, p, end, limits)
    if (p < 0) return p
    if (depth === 0) break
  }
  if (p < end) return faultAt('text after the value', p)
  return bytes[first] === OPEN_BRACE ? p : faultAt(NOT_AN_OBJECT, first)
}

const NOT_AN_OBJECT = 'The body is JSON, but not an object: send one JSON object'
let closedEmpty = false

function openContainer(bytes: Uint8Array, at: number, end: number, isObject: boolean, limits: JsonLimits): number {
  if (depth >= limits.maxDepth) return faultAt('Too many levels', at)
  const p = skipSpace(bytes, at + 1, end)
  closedEmpty = p < end && bytes[p] === (isObject ? CLOSE_BRACE : CLOSE_BRACKET)
  if (closedEmpty) return p + 1
  depth += 1
  stackIsObject[depth] = isObject ? 1 : 0
  stackItem[depth] = isObject ? NO_ITEM : 0
  if (!isObject) return p
  objectCount += 1
  stackOwner[depth] = objectCount
  return scanMemberName(bytes, p, end, limits)
}

/** Name and colon. Returns where the value begins. */
function scanMemberName(bytes: Uint8Array, at: number, end: number, limits: JsonLimits): number {
  stackItem[depth] = NO_ITEM
  if (at >= end || bytes[at] !== QUOTE) return faultAt('a member name is missing', at)
  const index = nameCount()
  if (index >= limits.maxMembers) return faultAt('Too many members', at)
  let p = scanName(bytes, at, end, stackOwner[depth] as number)
  if (p < 0) return p
  stackItem[depth] = index
  if (depth === 1) {
    memberName[memberCount] = index
    memberEnd[memberCount] = -1
    memberCount += 1
  }
  p = skipSpace(bytes, p, end)
  return p < end && bytes[p] === COLON ? skipSpace(bytes, p + 1, end) : faultAt('a colon is missing', p)
}

/** Closes what ends here. Returns where the next value begins, or, with depth 0, what is behind the outermost one. */
function afterValue(bytes: Uint8Array, at: number, end: number, limits: JsonLimits): number {
  let p = at
  for (;;) {
    if (depth === 1 && memberCount > 0) memberEnd[memberCount - 1] = p
    p = skipSpace(bytes, p, end)
    if (depth === 0) return p
    const isObject = stackIsObject[depth] === 1
    const byte = p < end ? (bytes[p] as number) : 0
    if (byte === COMMA) {
      const next = skipSpace(bytes, p + 1, end)
      if (next < end && (bytes[next] === CLOSE_BRACE || bytes[next] === CLOSE_BRACKET))
        return faultAt('a trailing comma', p)
      if (isObject) return scanMemberName(bytes, next, end, limits)
      stackItem[depth] = (stackItem[depth] as number) + 1
      return next
    }
    if (byte !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return faultAt('a comma or an end is missing', p)
    depth -= 1
    p += 1
  }
}

const TRUE = [0x74, 0x72, 0x75, 0x65]
const FALSE = [0x66, 0x61, 0x6c, 0x73, 0x65]
const NULL = [0x6e, 0x75, 0x6c, 0x6c]

function scanWord(bytes: Uint8Array, at: number, end: number, first: number): number {
  const word = first === 0x74 ? TRUE : first === 0x66 ? FALSE : NULL
  if (at + word.length > end) return faultAt('no value', at)
  for (let index = 0; index < word.length; index += 1)
    if (bytes[at + index] !== word[index]) return faultAt('no value', at)
  return at + word.length
}

function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  let p = at
  while (p < end) {
    const byte = bytes[p] as number
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
    p += 1
  }
  return p
}

function readMembers(bytes: Uint8Array): readonly JsonMember[] {
  const members: JsonMember[] = []
  for (let index = 0; index < memberCount; index += 1) {
    const [name, start, end] = [memberName[index] as number, memberStart[index] as number, memberEnd[index] as number]
    if (end < 0) break
    const kind = KIND_OF_BYTE[bytes[start] as number] ?? 'number'
    members.push({ name: nameText(bytes, name), kind, nameStart: nameStart(name), start, end })
  }
  return members
}

const KIND_OF_BYTE: Readonly<Record<number, JsonMember['kind']>> = {
  [OPEN_BRACE]: 'object',
  [OPEN_BRACKET]: 'array',
  [QUOTE]: 'string',
  116: 'true',
  102: 'false',
  110: 'null',
}

/** A pointer is for people, for grouping and for headers: a longer one serves none of them. */
const MAX_POINTER_CHARACTERS = 256

/** The value at which the scan stopped; a fault inside a new name points at its object, a whole new name at its member. */
function pointerAt(bytes: Uint8Array, offset: number): string | null {
  let pointer = ''
  for (let level = 1; level <= depth; level += 1) {
    const item = stackItem[level] as number
    if (stackIsObject[level] === 0) pointer += `/${item}`
    else if (item !== NO_ITEM) pointer += `/${escapeToken(nameText(bytes, item))}`
    else if (bytes[offset] === QUOTE) {
      const close = scanString(bytes, offset + 1, bytes.length, offset)
      if (close > 0) pointer += `/${escapeToken(stringText(bytes, offset + 1, close - 1))}`
    }
    if (pointer.length > MAX_POINTER_CHARACTERS) return null
  }
  return pointer
}

/** RFC 6901, section 3. */
const escapeToken = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')
