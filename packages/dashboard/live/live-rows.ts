import type { LiveItem, LiveLeftOut } from '@sluice/contract/admin-api/live'

/** So many are kept: what a person scrolls through, at some 500 bytes each. */
export const MAX_ROWS = 2_000

/** One row, under a key of its own: the same record is told as accepted, then as stored, and perhaps twice after a break. */
export type LiveRow = LiveItem & { key: string }

export const keyOf = ({ outcome, source: { partition, offset } }: LiveItem): string =>
  `${outcome} ${partition}:${offset}`

/** What came last on top, each once, the oldest ones forgotten. */
export function addRows(rows: readonly LiveRow[], arrived: readonly LiveItem[]): readonly LiveRow[] {
  if (arrived.length === 0) return rows
  const fresh = new Map(arrived.map((item) => [keyOf(item), { ...item, key: keyOf(item) }]))
  return [...[...fresh.values()].reverse(), ...rows.filter(({ key }) => !fresh.has(key))].slice(0, MAX_ROWS)
}

/** What was left out, as people say it; null when nothing was. */
export function leftOutWords({ matched, shown, sampled, slow, unread }: LiveLeftOut): string | null {
  const words = [
    sampled > 0 && shown > 0 ? `showing 1 in ${roundRatio(matched / shown)}` : null,
    sampled > 0 && shown === 0 ? `${sampled} not shown` : null,
    slow > 0 ? `${slow} dropped, as this browser was slow` : null,
    unread > 0 ? `${unread} not looked at` : null,
  ].filter((part) => part !== null)
  return words.length === 0 ? null : words.join(' · ')
}

const roundRatio = (ratio: number) => (ratio < 10 ? Math.round(ratio * 10) / 10 : Math.round(ratio))
