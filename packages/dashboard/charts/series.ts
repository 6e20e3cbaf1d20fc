/** What is measured; decides colour and dash, the same in every chart. */
export type SeriesKind = 'accepted' | 'stored' | 'dead_lettered' | 'rate_limited' | 'duplicates' | 'waiting' | 'behind'

export type Series = { kind: SeriesKind; name: string; values: readonly (number | null)[] }

type SeriesStyle = { color: string; dash: readonly number[]; width: number }

/** Colour is the third cue: a dash and a label at its end tell each line from the others. */
export const SERIES_STYLES: Record<SeriesKind, SeriesStyle> = {
  accepted: { color: '--text-2', dash: [], width: 1.5 },
  stored: { color: '--accent', dash: [], width: 2 },
  dead_lettered: { color: '--bad', dash: [6, 3], width: 1.5 },
  rate_limited: { color: '--warn', dash: [8, 3, 2, 3], width: 1.5 },
  duplicates: { color: '--text-2', dash: [2, 3], width: 1.5 },
  waiting: { color: '--warn', dash: [], width: 2 },
  behind: { color: '--accent', dash: [], width: 2 },
}

/** What a chart says to who does not see it: the last value, and between which it moved. Only complete steps count. */
export function summarise(series: Series, complete: number, format: (value: number) => string): string {
  const known = series.values.slice(0, complete).filter((value) => value !== null)
  const last = known.at(-1)
  if (last === undefined) return `${series.name}: nothing measured yet`
  return `${series.name}: ${format(last)} at the end, between ${format(Math.min(...known))} and ${format(Math.max(...known))}`
}
