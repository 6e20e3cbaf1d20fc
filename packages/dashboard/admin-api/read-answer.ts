import { type JsonNode, parseJsonText } from '../json/parse-json-text.ts'

/** Members that hold JSON of a producer: they stay text. */
const TEXT_MEMBERS = ['payload', 'extra'] as const
type TextMember = (typeof TEXT_MEMBERS)[number]

/** An answer whose `payload` and `extra` are the text that the producer sent. */
export type TextMembers<T> = T extends readonly (infer Item)[]
  ? TextMembers<Item>[]
  : T extends object
    ? { [K in keyof T]: K extends TextMember ? string | (null extends T[K] ? null : never) : TextMembers<T[K]> }
    : T

/** Reads an answer; the JSON of producers in it stays text, so that numbers keep their digits. Null when it is not JSON. */
export function readAnswer(text: string): unknown {
  // Most answers hold no JSON of producers.
  if (!TEXT_MEMBERS.some((name) => text.includes(`"${name}"`))) return readPlain(text)
  const root = parseJsonText(text)
  return root === null ? null : toValue(root, text)
}

function readPlain(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A proxy's page, or an answer that was cut: the caller says that the answer is not known.
    return null
  }
}

function toValue(node: JsonNode, text: string): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(({ name, value }) => [name, memberValue(name, value, text)]))
    case 'array':
      return node.items.map((item) => toValue(item, text))
    default:
      return JSON.parse(text.slice(node.start, node.end))
  }
}

function memberValue(name: string, value: JsonNode, text: string): unknown {
  const isProducers = (TEXT_MEMBERS as readonly string[]).includes(name) && value.kind !== 'word'
  return isProducers ? text.slice(value.start, value.end) : toValue(value, text)
}
