/** What a threshold may be about. Latencies are of the 202s; from schedule unless named `sending_`. */
export const THRESHOLD_NAMES = [
  'avg',
  'p50',
  'p90',
  'p95',
  'p99',
  'p99.9',
  'max',
  'sending_p50',
  'sending_p95',
  'sending_p99',
  'success',
  'errors',
  'dropped',
  'rate',
] as const
export type ThresholdName = (typeof THRESHOLD_NAMES)[number]

const OPERATORS = {
  '<': (measured: number, limit: number) => measured < limit,
  '<=': (measured: number, limit: number) => measured <= limit,
  '>': (measured: number, limit: number) => measured > limit,
  '>=': (measured: number, limit: number) => measured >= limit,
} as const

/** One promise that a run must keep: `p99<250ms`, `success>=99.9%`, `errors<1%`, `dropped<=0`, `rate>=95%` (of the one asked). */
export type Threshold = {
  text: string
  name: ThresholdName
  operator: keyof typeof OPERATORS
  /** In ms for latencies, a share 0 to 1 for success, errors and rate, a count for dropped. */
  limit: number
}

/** What a run measured for each name; null where nothing was. */
export type Measured = Record<ThresholdName, number | null>

export type ThresholdResult = { text: string; measured: number | null; held: boolean }

const UNIT_FACTORS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, '%': 0.01, '': 1 }
const UNITS_OF: Readonly<Record<string, readonly string[]>> = {
  success: ['%', ''],
  errors: ['%', ''],
  rate: ['%', ''],
  dropped: [''],
}
const LATENCY_UNITS = ['ms', 's']

/** Throws a RangeError that says how a threshold is written. */
export function parseThreshold(text: string): Threshold {
  const [, name = '', operator = '', amount = '', unit = ''] =
    /^\s*([a-z_]+[\d.]*)\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*(ms|s|%)?\s*$/.exec(text) ?? []
  const known = THRESHOLD_NAMES.find((one) => one === name)
  if (known === undefined)
    throw new RangeError(
      `--threshold is written 'p99<250ms', 'success>=99.9%' or 'dropped<=0', with one of ${THRESHOLD_NAMES.join(' ')}; got "${text}"`,
    )
  const units = UNITS_OF[known] ?? LATENCY_UNITS
  if (!units.includes(unit))
    throw new RangeError(
      `--threshold ${text}: ${known} is given ${units[0] === '' ? 'as a plain count' : `in ${units.filter(Boolean).join(' or ')}`}`,
    )
  const limit = Number(amount) * (UNIT_FACTORS[unit] ?? 1)
  return { text: text.trim(), name: known, operator: operator as Threshold['operator'], limit }
}

/** What was not measured was not kept: a run without a single 202 has no p99 below anything. */
export const checkThresholds = (thresholds: readonly Threshold[], measured: Measured): ThresholdResult[] =>
  thresholds.map(({ text, name, operator, limit }) => {
    const value = measured[name]
    return { text, measured: value, held: value !== null && OPERATORS[operator](value, limit) }
  })
