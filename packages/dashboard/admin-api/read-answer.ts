import { type JsonNode, parseJsonText } from '../json/parse-json-text.ts'
import { holdsProducersJson, readPlain, TEXT_MEMBERS } from './plain-answer.ts'

type TextMember = (typeof TEXT_MEMBERS)[number]

/** An answer whose `payload` and `extra` are the text that the producer sent. */
export type TextMembers<T> = T extends readonly (infer Item)[]
  ? TextMembers<Item>[]
  : T extends object
    ? { [K in keyof T]: K extends TextMember ? string | (null extends T[K] ? null : never) : TextMembers<T[K]> }
    : T

/** Reads an answer; the JSON of producers in it stays text, so that numbers keep their digits. Null when it is not JSON. */
export function readAnswer(text: string): unknown {
  if (!holdsProducersJson(text)) return readPlain(text)
  const root = parseJsonText(text)
  return root === null ? null : toValue(root, text)
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
