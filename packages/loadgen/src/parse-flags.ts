type Range = { min: number; max: number }

/** A flag's number. Throws a RangeError that says what would do. */
export function parseNumber(flag: string, text: string, { min, max }: Range): number {
  const value = /^\d*\.?\d+(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max))
    throw new RangeError(`${flag} must be a number from ${min} to ${max}, got "${text}"`)
  return value
}

/** A flag's whole number. Throws a RangeError that says what would do. */
export function parseWhole(flag: string, text: string, { min, max }: Range): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max))
    throw new RangeError(`${flag} must be a whole number from ${min} to ${max}, got "${text}"`)
  return value
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

/** A time with its unit, in ms. Throws a RangeError that says what would do. */
export function parseTimeMs(flag: string, text: string, min = 1): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  const ms = Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
  if (!(ms >= min)) throw new RangeError(`${flag} must be a time such as 500ms, 90s, 2m or 1h, got "${text}"`)
  return ms
}

/** `2k`, `500`, or a span of two such as `1k-64k`, in bytes (k = 1,000). Throws a RangeError that says what would do. */
export function parseByteSpan(flag: string, text: string, { min, max }: Range): { min: number; max: number } {
  const parts = /^(\d+)(k?)(?:-(\d+)(k?))?$/.exec(text)
  const toBytes = (amount: string | undefined, k: string | undefined) => Number(amount) * (k === 'k' ? 1_000 : 1)
  const low = toBytes(parts?.[1], parts?.[2])
  const high = parts?.[3] === undefined ? low : toBytes(parts[3], parts[4])
  if (!(low >= min && high >= low && high <= max))
    throw new RangeError(`${flag} must be a size or a span such as 500, 2k or 1k-64k, at most ${max}, got "${text}"`)
  return { min: low, max: high }
}
