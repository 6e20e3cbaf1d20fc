import type { PatchOperation } from './admin-api/redrives.ts'

export type PatchResult = { ok: true; text: string } | { ok: false; operation: number; detail: string }

/** What cannot be done to this document, in words. Never leaves this file. */
class PatchFault extends Error {}

/**
 * Applies a JSON Patch (RFC 6902) to a document as text. What the patch does not name keeps its bytes, so that no number loses a
 * digit; all operations are applied or none. `test` compares numbers by value, exactly.
 * @param text one JSON document
 */
export function applyJsonPatch(text: string, patch: readonly PatchOperation[]): PatchResult {
  let document = text.trim()
  for (const [operation, one] of patch.entries()) {
    try {
      if (operation === 0) JSON.parse(text)
      document = applyOne(document, one)
    } catch (error) {
      if (error instanceof SyntaxError) return { ok: false, operation, detail: 'The event is not JSON.' }
      if (error instanceof PatchFault) return { ok: false, operation, detail: error.message }
      throw error
    }
  }
  return { ok: true, text: document }
}

function applyOne(document: string, one: PatchOperation): string {
  const path = tokensOf(one.path)
  switch (one.op) {
    case 'add':
      return put(document, path, JSON.stringify(one.value), 'add')
    case 'replace':
      return put(document, path, JSON.stringify(one.value), 'replace')
    case 'remove':
      return remove(document, path)
    case 'copy':
      return put(document, path, find(document, tokensOf(one.from)), 'add')
    case 'move': {
      if (one.path.startsWith(`${one.from}/`)) throw new PatchFault('A value cannot be moved into itself.')
      const moved = find(document, tokensOf(one.from))
      return one.path === one.from ? document : put(remove(document, tokensOf(one.from)), path, moved, 'add')
    }
    case 'test':
      if (canonical(find(document, path)) !== canonical(JSON.stringify(one.value)))
        throw new PatchFault('The value at path is another one.')
      return document
    default:
      return one satisfies never
  }
}

/** The reference tokens of a JSON Pointer (RFC 6901). */
function tokensOf(pointer: string): string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer))
    throw new PatchFault('A pointer is empty or begins with a slash.')
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

type Member = { name: string; rawName: string; value: string }
type Level = { type: 'object'; members: Member[] } | { type: 'array'; items: string[] } | { type: 'scalar' }

const nothingThere = () => new PatchFault('There is nothing at this path.')

function find(text: string, [token, ...rest]: readonly string[]): string {
  if (token === undefined) return text
  const level = split(text)
  if (level.type === 'object') {
    const member = level.members.findLast(({ name }) => name === token)
    if (member === undefined) throw nothingThere()
    return find(member.value, rest)
  }
  if (level.type === 'scalar') throw nothingThere()
  return find(level.items[indexOf(token, level.items.length - 1)] ?? '', rest)
}

function put(text: string, [token, ...rest]: readonly string[], value: string, how: 'add' | 'replace'): string {
  if (token === undefined) return value
  const level = split(text)
  if (level.type === 'scalar') throw nothingThere()
  if (level.type === 'array') {
    const last = level.items.length - 1
    if (rest.length > 0 || how === 'replace') {
      const index = indexOf(token, last)
      level.items[index] = put(level.items[index] ?? '', rest, value, how)
    } else level.items.splice(token === '-' ? last + 1 : indexOf(token, last + 1), 0, value)
    return join(level)
  }
  const member = level.members.findLast(({ name }) => name === token)
  if (member !== undefined) member.value = put(member.value, rest, value, how)
  else if (rest.length === 0 && how === 'add')
    level.members.push({ name: token, rawName: JSON.stringify(token), value })
  else throw nothingThere()
  return join(level)
}

function remove(text: string, [token, ...rest]: readonly string[]): string {
  if (token === undefined) throw new PatchFault('The whole event cannot be removed.')
  const level = split(text)
  if (level.type === 'scalar') throw nothingThere()
  if (level.type === 'array') {
    const index = indexOf(token, level.items.length - 1)
    if (rest.length === 0) level.items.splice(index, 1)
    else level.items[index] = remove(level.items[index] ?? '', rest)
    return join(level)
  }
  const index = level.members.findLastIndex(({ name }) => name === token)
  const member = level.members[index]
  if (member === undefined) throw nothingThere()
  if (rest.length === 0) level.members.splice(index, 1)
  else member.value = remove(member.value, rest)
  return join(level)
}

function indexOf(token: string, max: number): number {
  const index = /^(0|[1-9]\d{0,8})$/.test(token) ? Number(token) : -1
  if (index < 0 || index > max) throw nothingThere()
  return index
}

function join(level: Exclude<Level, { type: 'scalar' }>): string {
  return level.type === 'array'
    ? `[${level.items.join(',')}]`
    : `{${level.members.map(({ rawName, value }) => `${rawName}:${value}`).join(',')}}`
}

/** Members or items of a document that is known to be JSON, each as it is written. */
function split(text: string): Level {
  const opening = text.charAt(0)
  if (opening !== '{' && opening !== '[') return { type: 'scalar' }
  const members: Member[] = []
  const items: string[] = []
  let at = skipSpace(text, 1)
  while (text.charAt(at) !== '}' && text.charAt(at) !== ']') {
    if (text.charAt(at) === ',') at = skipSpace(text, at + 1)
    let rawName = ''
    if (opening === '{') {
      const end = valueEnd(text, at)
      rawName = text.slice(at, end)
      at = skipSpace(text, skipSpace(text, end) + 1)
    }
    const end = valueEnd(text, at)
    const value = text.slice(at, end)
    if (opening === '{') members.push({ name: JSON.parse(rawName), rawName, value })
    else items.push(value)
    at = skipSpace(text, end)
  }
  return opening === '{' ? { type: 'object', members } : { type: 'array', items }
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (/[ \t\r\n]/.test(text.charAt(at))) at += 1
  return at
}

/** Where the value that begins at `from` ends. */
function valueEnd(text: string, from: number): number {
  let depth = 0
  let at = from
  do {
    const character = text.charAt(at)
    if (character === '"') {
      at += 1
      while (text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1
      at += 1
    } else if (character === '{' || character === '[') {
      depth += 1
      at += 1
    } else if (character === '}' || character === ']') {
      depth -= 1
      at += 1
    } else if (depth > 0) at += 1
    else while (at < text.length && !/[\s,\]}]/.test(text.charAt(at))) at += 1
  } while (depth > 0)
  return at
}

/** The same text for the same value: members sorted, strings unescaped, numbers as an integer and a power of ten. */
function canonical(text: string): string {
  const level = split(text)
  switch (level.type) {
    case 'array':
      return `[${level.items.map(canonical).join(',')}]`
    case 'object':
      return `{${level.members
        .map(({ name, value }) => `${JSON.stringify(name)}:${canonical(value)}`)
        .sort()
        .join(',')}}`
    case 'scalar':
      return text.startsWith('"') ? JSON.stringify(JSON.parse(text)) : canonicalNumber(text)
    default:
      return level satisfies never
  }
}

function canonicalNumber(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (match === null) return text // true, false, null
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}
