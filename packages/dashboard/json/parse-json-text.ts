export type JsonNode =
  | { kind: 'object'; start: number; end: number; members: JsonMember[] }
  | { kind: 'array'; start: number; end: number; items: JsonNode[] }
  | { kind: 'string' | 'number' | 'word'; start: number; end: number }

export type JsonMember = { name: string; nameStart: number; nameEnd: number; value: JsonNode }

/** Deeper than any event may be; what comes nested deeper is shown raw. */
const MAX_DEPTH = 200

/**
 * Reads JSON text into spans of that text, so that nothing of it is changed: numbers keep their digits, repeated members stay. Returns null when the text
 * is not JSON (RFC 8259) or is nested deeper than 200 levels.
 */
export function parseJsonText(text: string): JsonNode | null {
  try {
    const reader = new Reader(text)
    const node = reader.value(0)
    reader.space()
    return reader.at === text.length ? node : null
  } catch (error) {
    if (error instanceof NotJson) return null
    throw error
  }
}

class NotJson extends Error {}

const NUMBER = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
// RFC 8259, section 7: control characters below U+0020 are escaped; those from U+007F on need not be.
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const WORD = /true|false|null/y
const SPACE = /[ \t\n\r]*/y

class Reader {
  readonly #text: string
  at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): JsonNode {
    if (depth > MAX_DEPTH) throw new NotJson()
    this.space()
    const start = this.at
    switch (this.#text[start]) {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#array(depth)
      case '"':
        return { kind: 'string', start, end: this.#match(STRING) }
      case 't':
      case 'f':
      case 'n':
        return { kind: 'word', start, end: this.#match(WORD) }
      default:
        return { kind: 'number', start, end: this.#match(NUMBER) }
    }
  }

  space(): void {
    this.#match(SPACE)
  }

  #object(depth: number): JsonNode {
    const start = this.at++
    const members: JsonMember[] = []
    this.space()
    while (!this.#take('}')) {
      if (members.length > 0) this.#expect(',')
      this.space()
      const nameStart = this.at
      const nameEnd = this.#match(STRING)
      this.space()
      this.#expect(':')
      const value = this.value(depth + 1)
      members.push({ name: JSON.parse(this.#text.slice(nameStart, nameEnd)) as string, nameStart, nameEnd, value })
      this.space()
    }
    return { kind: 'object', start, end: this.at, members }
  }

  #array(depth: number): JsonNode {
    const start = this.at++
    const items: JsonNode[] = []
    this.space()
    while (!this.#take(']')) {
      if (items.length > 0) this.#expect(',')
      items.push(this.value(depth + 1))
      this.space()
    }
    return { kind: 'array', start, end: this.at, items }
  }

  #match(pattern: RegExp): number {
    pattern.lastIndex = this.at
    if (!pattern.test(this.#text)) throw new NotJson()
    this.at = pattern.lastIndex
    return this.at
  }

  #take(character: string): boolean {
    if (this.#text[this.at] !== character) return false
    this.at += 1
    return true
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw new NotJson()
  }
}

/** The node that a JSON Pointer (RFC 6901) names; null when it names none. The last of repeated members counts, as for most readers. */
export function nodeAt(node: JsonNode, pointer: string): JsonNode | null {
  if (pointer === '') return node
  if (!pointer.startsWith('/')) return null
  let found: JsonNode | undefined = node
  for (const escaped of pointer.slice(1).split('/')) {
    const token = escaped.replaceAll('~1', '/').replaceAll('~0', '~')
    if (found?.kind === 'object') found = found.members.findLast(({ name }) => name === token)?.value
    else if (found?.kind === 'array') found = found.items[Number(token)]
    else return null
  }
  return found ?? null
}

/** One more token at the end of a pointer. */
export const pointerTo = (pointer: string, token: string | number): string =>
  `${pointer}/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`
