const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of a text such as `500ms`, `10s`, `30m`, `12h`, `30d`, or a bare `0`; null when it is none of these. */
export function parseDurationMs(text: string): number | null {
  if (text === '0') return 0
  const [, amount, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? []
  if (amount === undefined || unit === undefined) return null
  return Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
}
