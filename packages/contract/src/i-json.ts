/** Why a body is refused. The detail never echoes input; `offset` is the byte at which it was seen. */
export type JsonProblem = {
  code: 'MALFORMED_BODY' | 'NOT_AN_OBJECT' | 'NOT_I_JSON'
  detail: string
  offset: number
  pointer: string | null
}

/** One member of the outermost object: `start` and `end` are the bytes of its value. */
export type JsonMember = {
  name: string
  kind: 'object' | 'array' | 'string' | 'number' | 'true' | 'false' | 'null'
  start: number
  end: number
}

export type JsonScan = { ok: true; members: readonly JsonMember[] } | { ok: false; problem: JsonProblem }

/** Counted over the whole body, the outermost object being level 1. */
export type JsonLimits = { maxDepth: number; maxMembers: number }

export const EVENT_LIMITS: JsonLimits = { maxDepth: 32, maxMembers: 2_000 }

/** Digits of one number when written out: far inside what PostgreSQL's numeric keeps without loss. */
const MAX_DIGITS = 512
/** Digits of all numbers together when written out: 900 bytes of exponents read back as 13 million characters. */
const MAX_WRITTEN_DIGITS = 1_048_576

/**
 * Whether the bytes are one JSON object (RFC 8259) that every reader understands alike (I-JSON, RFC 7493): valid UTF-8, no
 * repeated names (compared after unescaping), no lone surrogates, no `\u0000`, numbers within double range. Unlike RFC 7493,
 * noncharacters are let through. One pass, no recursion.
 * @returns null when they are
 */
export function checkObject(bytes: Uint8Array, limits: JsonLimits = EVENT_LIMITS): JsonProblem | null {
  return scan(bytes, limits, null)
}

/** The same check, which also tells where the members of the outermost object are, in their order. */
export function scanObject(bytes: Uint8Array, limits: JsonLimits = EVENT_LIMITS): JsonScan {
  const members: JsonMember[] = []
  const problem = scan(bytes, limits, members)
  return problem === null ? { ok: true, members } : { ok: false, problem }
}

class Refused extends Error {
  readonly problem: JsonProblem
  constructor(problem: JsonProblem) {
    super(problem.detail)
    this.problem = problem
  }
}

function malformed(what: string, offset: number): Refused {
  const detail = `The body is not JSON: ${what} at byte ${offset}.`
  return new Refused({ code: 'MALFORMED_BODY', detail, offset, pointer: null })
}

function notIJson(what: string, offset: number): Refused {
  return new Refused({ code: 'NOT_I_JSON', detail: `${what} at byte ${offset}.`, offset, pointer: null })
}

function scan(bytes: Uint8Array, limits: JsonLimits, members: JsonMember[] | null): JsonProblem | null {
  try {
    new Scanner(bytes, limits, members).scan()
    return null
  } catch (error) {
    if (error instanceof Refused) return error.problem
    throw error
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const MINUS = 0x2d
const POINT = 0x2e

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39

/** A body of 256 KiB cannot have more bytes in a name; 31 is the multiplier of Java's string hash. */
const hashOf = (hash: number, byte: number) => (Math.imul(hash, 31) + byte) | 0

const textDecoder = new TextDecoder()

class Scanner {
  readonly #bytes: Uint8Array
  readonly #limits: JsonLimits
  readonly #members: JsonMember[] | null
  #at = 0
  #memberCount = 0
  #writtenDigits = 0
  /** Open containers: for an object where its names begin in `#names*`, for an array −1. */
  readonly #open: number[] = []
  readonly #nameHashes: number[] = []
  /** Start, end (of the text between the quotes) of each name of the open objects. */
  readonly #nameSpans: number[] = []
  /** Hash of the string scanned last, and whether it held escapes. */
  #stringHash = 0
  #stringEscaped = false

  constructor(bytes: Uint8Array, limits: JsonLimits, members: JsonMember[] | null) {
    this.#bytes = bytes
    this.#limits = limits
    this.#members = members
  }

  scan(): void {
    this.#skipSpace()
    const first = this.#bytes[this.#at]
    if (first !== OPEN_BRACE) throw this.#notAnObject(first)
    this.#openContainer(true)
    while (this.#open.length > 0) this.#step()
    this.#skipSpace()
    if (this.#at < this.#bytes.length) throw malformed('text after the object', this.#at)
  }

  #notAnObject(first: number | undefined): Refused {
    const startsValue = first !== undefined && (isDigit(first) || '["-tfn'.includes(String.fromCharCode(first)))
    if (!startsValue) return malformed('no value', this.#at)
    return new Refused({ code: 'NOT_AN_OBJECT', detail: 'Send one JSON object.', offset: this.#at, pointer: null })
  }

  /** One member or element, or the end of the innermost container. Whether a comma is due shows the byte before. */
  #step(): void {
    const namesFrom = this.#open[this.#open.length - 1] ?? -1
    const inObject = namesFrom >= 0
    this.#skipSpace()
    if (this.#bytes[this.#at] === (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
      if (this.#expectsMore) throw malformed('a trailing comma', this.#at)
      this.#close(namesFrom)
      return
    }
    if (this.#hasElements) {
      if (!this.#expectsMore) {
        if (this.#bytes[this.#at] !== COMMA) throw malformed('a comma or an end is missing', this.#at)
        this.#at += 1
        this.#expectsMore = true
        return
      }
    }
    this.#expectsMore = false
    if (inObject) this.#member(namesFrom)
    else this.#value()
  }

  /** Of the innermost container: whether it has an element already, and whether a comma was just read. */
  #hasElements = false
  #expectsMore = false

  #openContainer(isObject: boolean): void {
    if (this.#open.length >= this.#limits.maxDepth)
      throw notIJson(`Nesting deeper than ${this.#limits.maxDepth} levels`, this.#at)
    this.#open.push(isObject ? this.#nameHashes.length : -1)
    this.#at += 1
    this.#hasElements = false
    this.#expectsMore = false
  }

  #close(namesFrom: number): void {
    this.#at += 1
    this.#open.pop()
    if (namesFrom >= 0) {
      this.#nameHashes.length = namesFrom
      this.#nameSpans.length = namesFrom * 2
    }
    this.#hasElements = true
    this.#expectsMore = false
    if (this.#open.length === 1) this.#endMember()
  }

  #member(namesFrom: number): void {
    this.#memberCount += 1
    if (this.#memberCount > this.#limits.maxMembers)
      throw notIJson(`More than ${this.#limits.maxMembers} members`, this.#at)
    if (this.#bytes[this.#at] !== QUOTE) throw malformed('a member name is missing', this.#at)
    const start = this.#at + 1
    this.#string()
    this.#refuseRepeatedName(namesFrom, start, this.#at - 1)
    this.#skipSpace()
    if (this.#bytes[this.#at] !== COLON) throw malformed('a colon is missing', this.#at)
    this.#at += 1
    this.#skipSpace()
    if (this.#members !== null && this.#open.length === 1) {
      const name = this.#decode(start, this.#nameSpans[this.#nameSpans.length - 1] ?? start)
      this.#members.push({ name, kind: this.#kindHere(), start: this.#at, end: this.#at })
    }
    this.#value()
  }

  #endMember(): void {
    const last = this.#members?.[this.#members.length - 1]
    if (last !== undefined) last.end = this.#at
  }

  #kindHere(): JsonMember['kind'] {
    switch (this.#bytes[this.#at]) {
      case OPEN_BRACE:
        return 'object'
      case OPEN_BRACKET:
        return 'array'
      case QUOTE:
        return 'string'
      case 0x74:
        return 'true'
      case 0x66:
        return 'false'
      case 0x6e:
        return 'null'
      default:
        return 'number'
    }
  }

  #value(): void {
    const byte = this.#bytes[this.#at]
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      this.#openContainer(byte === OPEN_BRACE)
      return
    }
    if (byte === QUOTE) this.#string()
    else if (byte === MINUS || isDigit(byte)) this.#number()
    else if (byte === 0x74) this.#word('true')
    else if (byte === 0x66) this.#word('false')
    else if (byte === 0x6e) this.#word('null')
    else throw malformed('no value', this.#at)
    this.#hasElements = true
    if (this.#open.length === 1) this.#endMember()
  }

  #word(word: string): void {
    for (let index = 0; index < word.length; index += 1)
      if (this.#bytes[this.#at + index] !== word.charCodeAt(index)) throw malformed('no value', this.#at)
    this.#at += word.length
  }

  #skipSpace(): void {
    const bytes = this.#bytes
    let byte = bytes[this.#at]
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      this.#at += 1
      byte = bytes[this.#at]
    }
  }

  /** From the opening quote to behind the closing one. */
  #string(): void {
    const bytes = this.#bytes
    let at = this.#at + 1
    let hash = 0
    this.#stringEscaped = false
    for (;;) {
      const byte = bytes[at]
      if (byte === undefined) throw malformed('a string without end', this.#at)
      if (byte === QUOTE) break
      if (byte < 0x20) throw malformed('a control character inside a string', at)
      if (byte === BACKSLASH) {
        this.#stringEscaped = true
        at = this.#escape(at)
      } else if (byte < 0x80) {
        hash = hashOf(hash, byte)
        at += 1
      } else {
        const end = this.#utf8(at, byte)
        for (; at < end; at += 1) hash = hashOf(hash, bytes[at] ?? 0)
      }
    }
    this.#stringHash = hash
    this.#at = at + 1
  }

  /** RFC 3629, section 4: no overlong forms, no surrogates, nothing beyond U+10FFFF. Returns where the next character is. */
  #utf8(at: number, lead: number): number {
    const second = this.#bytes[at + 1] ?? 0
    const [length, low, high] =
      lead >= 0xc2 && lead <= 0xdf
        ? [2, 0x80, 0xbf]
        : lead >= 0xe0 && lead <= 0xef
          ? [3, lead === 0xe0 ? 0xa0 : 0x80, lead === 0xed ? 0x9f : 0xbf]
          : lead >= 0xf0 && lead <= 0xf4
            ? [4, lead === 0xf0 ? 0x90 : 0x80, lead === 0xf4 ? 0x8f : 0xbf]
            : [0, 0, 0]
    if (length === 0 || second < low || second > high) throw malformed('invalid UTF-8', at)
    for (let index = 2; index < length; index += 1)
      if (((this.#bytes[at + index] ?? 0) & 0xc0) !== 0x80) throw malformed('invalid UTF-8', at)
    return at + length
  }

  #escape(at: number): number {
    const byte = this.#bytes[at + 1]
    if (byte !== 0x75) {
      if (byte === undefined || !'"\\/bfnrt'.includes(String.fromCharCode(byte)))
        throw malformed('an unknown escape', at)
      return at + 2
    }
    const unit = this.#hex4(at + 2)
    if (unit === 0) throw notIJson('A NUL character (\\u0000)', at)
    if (unit >= 0xdc00 && unit <= 0xdfff) throw notIJson('A lone surrogate', at)
    if (unit < 0xd800 || unit > 0xdbff) return at + 6
    const isPair = this.#bytes[at + 6] === BACKSLASH && this.#bytes[at + 7] === 0x75
    const low = isPair ? this.#hex4(at + 8) : 0
    if (low < 0xdc00 || low > 0xdfff) throw notIJson('A lone surrogate', at)
    return at + 12
  }

  #hex4(at: number): number {
    let value = 0
    for (let index = at; index < at + 4; index += 1) {
      const byte = this.#bytes[index] ?? 0
      const lower = byte | 0x20
      if (isDigit(byte)) value = value * 16 + byte - 0x30
      else if (lower >= 0x61 && lower <= 0x66) value = value * 16 + lower - 0x57
      else throw malformed('a broken \\u escape', at - 2)
    }
    return value
  }

  #decode(start: number, end: number): string {
    return JSON.parse(textDecoder.decode(this.#bytes.subarray(start - 1, end + 1))) as string
  }

  /** Names are compared by hash first; the limit on members bounds the work, two million comparisons at the most. */
  #refuseRepeatedName(namesFrom: number, start: number, end: number): void {
    if (this.#stringEscaped) this.#stringHash = hashOfText(this.#decode(start, end))
    const hash = this.#stringHash
    for (let index = namesFrom; index < this.#nameHashes.length; index += 1) {
      if (this.#nameHashes[index] !== hash) continue
      const [otherStart = 0, otherEnd = 0] = [this.#nameSpans[index * 2], this.#nameSpans[index * 2 + 1]]
      if (this.#decode(otherStart, otherEnd) === this.#decode(start, end))
        throw notIJson('A member name that stands twice in one object', start - 1)
    }
    this.#nameHashes.push(hash)
    this.#nameSpans.push(start, end)
  }

  #digits(): number {
    const start = this.#at
    while (isDigit(this.#bytes[this.#at])) this.#at += 1
    if (this.#at === start) throw malformed('a digit is missing', start)
    return this.#at - start
  }

  #number(): void {
    const start = this.#at
    if (this.#bytes[this.#at] === MINUS) this.#at += 1
    const leadingZero = this.#bytes[this.#at] === 0x30
    const whole = this.#digits()
    if (leadingZero && whole > 1) throw malformed('a number with a leading zero', start)
    let fraction = 0
    if (this.#bytes[this.#at] === POINT) {
      this.#at += 1
      fraction = this.#digits()
    }
    const exponent = this.#exponent()
    const before = Math.max(1, whole + exponent)
    const written = before + Math.max(0, fraction - exponent)
    if (written > MAX_DIGITS) throw notIJson(`A number of more than ${MAX_DIGITS} digits when written out`, start)
    if (before > 308 && !Number.isFinite(Number(textDecoder.decode(this.#bytes.subarray(start, this.#at)))))
      throw notIJson('A number beyond double range', start)
    this.#writtenDigits += written
    if (this.#writtenDigits > MAX_WRITTEN_DIGITS)
      throw notIJson(`Numbers of more than ${MAX_WRITTEN_DIGITS} digits together when written out`, start)
  }

  #exponent(): number {
    if (((this.#bytes[this.#at] ?? 0) | 0x20) !== 0x65) return 0
    this.#at += 1
    const sign = this.#bytes[this.#at]
    if (sign === 0x2b || sign === MINUS) this.#at += 1
    const start = this.#at
    this.#digits()
    const value = Number(textDecoder.decode(this.#bytes.subarray(start, this.#at)))
    return sign === MINUS ? -value : value
  }
}

const textEncoder = new TextEncoder()

function hashOfText(text: string): number {
  let hash = 0
  for (const byte of textEncoder.encode(text)) hash = hashOf(hash, byte)
  return hash
}
