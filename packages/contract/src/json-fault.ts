/** Why a body is refused. The detail never echoes input; `offset` is the byte at which it was seen. */
export type JsonProblem = {
  code: 'MALFORMED_BODY' | 'NOT_AN_OBJECT' | 'NOT_I_JSON'
  detail: string
  offset: number
  /** JSON Pointer (RFC 6901) of the value, where the code is `NOT_I_JSON` and the pointer is short; else null. */
  pointer: string | null
}

/** What the scanners find wrong. Each names what stands at the byte of the fault. */
const FAULTS = [
  ['MALFORMED_BODY', 'no value'],
  ['MALFORMED_BODY', 'text after the value'],
  ['MALFORMED_BODY', 'a trailing comma'],
  ['MALFORMED_BODY', 'a comma or an end is missing'],
  ['MALFORMED_BODY', 'a member name is missing'],
  ['MALFORMED_BODY', 'a colon is missing'],
  ['MALFORMED_BODY', 'a string without end'],
  ['MALFORMED_BODY', 'a control character inside a string'],
  ['MALFORMED_BODY', 'an unknown or broken escape'],
  ['MALFORMED_BODY', 'invalid UTF-8'],
  ['MALFORMED_BODY', 'a digit is missing'],
  ['MALFORMED_BODY', 'a number with a leading zero'],
  ['NOT_AN_OBJECT', 'The body is JSON, but not an object: send one JSON object'],
  ['NOT_I_JSON', 'A NUL character (\\u0000)'],
  ['NOT_I_JSON', 'A lone surrogate'],
  ['NOT_I_JSON', 'A member name that stands twice in one object'],
  ['NOT_I_JSON', 'A number beyond the range of a double'],
  ['NOT_I_JSON', 'A number with too many digits when written out (at most 512)'],
  ['NOT_I_JSON', 'Numbers with too many digits together when written out (at most 1,048,576)'],
  ['NOT_I_JSON', 'Too many levels'],
  ['NOT_I_JSON', 'Too many members'],
] as const satisfies readonly (readonly [JsonProblem['code'], string])[]

export type FaultKind = (typeof FAULTS)[number][1]

const KIND_COUNT = 32
const INDEX_OF_KIND: ReadonlyMap<string, number> = new Map(FAULTS.map(([, what], index) => [what, index]))

/**
 * A fault as one negative number, so that scanners return either the position behind what they read or this: the path of
 * a good body allocates nothing and throws nothing.
 */
export function faultAt(kind: FaultKind, offset: number): number {
  return -1 - (offset * KIND_COUNT + (INDEX_OF_KIND.get(kind) ?? 0))
}

/** The problem that a fault stands for. */
export function problemOf(fault: number, pointerAt: (offset: number) => string | null): JsonProblem {
  const packed = -1 - fault
  const offset = Math.floor(packed / KIND_COUNT)
  const [code, what] = FAULTS[packed % KIND_COUNT] ?? FAULTS[0]
  if (code === 'MALFORMED_BODY')
    return { code, detail: `The body is not JSON: ${what} at byte ${offset}.`, offset, pointer: null }
  if (code === 'NOT_AN_OBJECT') return { code, detail: `${what}.`, offset, pointer: null }
  return { code, detail: `${what} at byte ${offset}.`, offset, pointer: pointerAt(offset) }
}
