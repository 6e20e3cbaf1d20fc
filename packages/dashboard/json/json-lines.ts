import { type JsonNode, pointerTo } from './parse-json-text.ts'

/** One line of JSON laid out for reading; its text is the producer's own, piece by piece. */
export type JsonLine = {
  depth: number
  pointer: string
  /** The member's name with its quotes, as written; null in arrays and at the top. */
  name: string | null
  kind: JsonNode['kind']
  /** The value as written, or the bracket that opens it. */
  text: string
  /** Of an opening line: how many members, and the line that closes it. */
  size: number | null
  closedBy: number | null
  isClosing: boolean
  comma: boolean
  /** The span of the value in the text, for copying. */
  start: number
  end: number
}

/** Lays JSON out, one member or item a line. Only white space differs from the text. */
export function jsonLines(root: JsonNode, text: string): JsonLine[] {
  const lines: JsonLine[] = []

  function add(node: JsonNode, place: { depth: number; pointer: string; name: string | null; comma: boolean }): void {
    const { depth, pointer, name, comma } = place
    const { kind, start, end } = node
    const base = { depth, pointer, name, kind, start, end, isClosing: false }
    if (kind !== 'object' && kind !== 'array') {
      lines.push({ ...base, text: text.slice(start, end), size: null, closedBy: null, comma })
      return
    }
    const children: { name: string | null; token: string | number; node: JsonNode }[] =
      kind === 'object'
        ? node.members.map((member) => ({
            name: text.slice(member.nameStart, member.nameEnd),
            token: member.name,
            node: member.value,
          }))
        : node.items.map((item, index) => ({ name: null, token: index, node: item }))
    const [open, close] = kind === 'object' ? ['{', '}'] : ['[', ']']
    if (children.length === 0) {
      lines.push({ ...base, text: `${open}${close}`, size: 0, closedBy: null, comma })
      return
    }
    const opening: JsonLine = { ...base, text: open ?? '', size: children.length, closedBy: null, comma: false }
    lines.push(opening)
    for (const [index, child] of children.entries())
      add(child.node, {
        depth: depth + 1,
        pointer: pointerTo(pointer, child.token),
        name: child.name,
        comma: index < children.length - 1,
      })
    opening.closedBy = lines.length
    lines.push({ ...base, name: null, text: close ?? '', size: null, closedBy: null, isClosing: true, comma })
  }

  add(root, { depth: 0, pointer: '', name: null, comma: false })
  return lines
}

/** The lines to be seen when those in `folded` (by pointer) are folded. */
export function visibleLines(lines: readonly JsonLine[], folded: ReadonlySet<string>): JsonLine[] {
  const visible: JsonLine[] = []
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]
    if (line === undefined) break
    visible.push(line)
    if (line.closedBy !== null && folded.has(line.pointer)) index = line.closedBy
  }
  return visible
}
