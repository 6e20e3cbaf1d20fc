import type { ThroughputMinute } from '@sluice/contract/admin-api/overview'

export type CountName = 'accepted' | 'stored' | 'dead_lettered' | 'duplicates' | 'rate_limited'

const completeOnes = (minutes: readonly ThroughputMinute[]) => minutes.filter(({ complete }) => complete)

/** The last minute that is over; null when none is, or nobody counted it. The running one is never shown as a value. */
export const lastComplete = (
  minutes: readonly ThroughputMinute[],
  name: CountName | 'end_to_end_p95_ms',
): number | null => completeOnes(minutes).at(-1)?.[name] ?? null

/** A sum of minutes; null as soon as one of them is unknown. */
export function sumOf(minutes: readonly ThroughputMinute[], name: CountName): number | null {
  let sum = 0
  for (const minute of minutes) {
    const count = minute[name]
    if (count === null) return null
    sum += count
  }
  return sum
}

/** The last five complete minutes against the five before them: 0.5 is half as many again. Null when one of the ten is unknown or there is nothing to compare with. */
export function changeOf(minutes: readonly ThroughputMinute[], name: CountName): number | null {
  const complete = completeOnes(minutes)
  if (complete.length < 10) return null
  const [before, after] = [sumOf(complete.slice(-10, -5), name), sumOf(complete.slice(-5), name)]
  return before === null || after === null || before === 0 ? null : after / before - 1
}
