/** The text that a number had: `1.10`, or all digits of `12345678901234567890`. */
class NumberText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** JSON.parse and its companion of ECMAScript's "JSON.parse source text access", which TypeScript 7.0 has no types for. */
const parse = JSON.parse as (
  text: string,
  reviver: (name: string, value: unknown, context: { source: string }) => unknown,
) => unknown
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }

/** A JSON value whose numbers are still text, so that none loses a digit. Throws a SyntaxError. */
export function parseExactJson(text: string): unknown {
  return parse(text, (_, value, { source }) => (typeof value === 'number' ? new NumberText(source) : value))
}

/** The value as JSON text, its numbers spelled as they came. */
export function toJsonText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof NumberText ? rawJSON(part.text) : part))
}

export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberText)

/**
 * Where two values of `parseExactJson` first differ, as a JSON Pointer (RFC 6901), the empty one being the whole; null when
 * they are the same JSON. The order of members does not count, and a number is the exact decimal that it spells: 1.10 is
 * 1.1 and 11e-1, yet 9007199254740993 is not 9007199254740992.
 */
export function findDifference(left: unknown, right: unknown, pointer = ''): string | null {
  if (left instanceof NumberText || right instanceof NumberText) {
    const same = left instanceof NumberText && right instanceof NumberText && decimalOf(left) === decimalOf(right)
    return same ? null : pointer
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    if (left.length !== right.length) return pointer
    return firstOf(left.keys(), (index) => findDifference(left[index], right[index], `${pointer}/${index}`))
  }
  if (isJsonObject(left) && isJsonObject(right)) {
    const names = new Set([...Object.keys(left), ...Object.keys(right)])
    return firstOf(names, (name) => {
      const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      return Object.hasOwn(left, name) && Object.hasOwn(right, name) ? findDifference(left[name], right[name], at) : at
    })
  }
  return left === right ? null : pointer
}

function firstOf<T>(items: Iterable<T>, find: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = find(item)
    if (found !== null) return found
  }
  return null
}

/** One spelling for each decimal: digits without zeros at either end, and the power of ten of the last one. */
function decimalOf({ text }: NumberText): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)
  return `${sign}${significant}e${power}`
}
