import { RAW_TOPIC } from '@sluice/contract/topics'
import type { Database } from './database.ts'

/** A sum of the tables that does not close, with how much is missing. */
export type OpenSum = { missing: number; why: string }

/**
 * The sums that must close at rest, from the tables alone: every settled position was counted once, and every count is a
 * row. Only where retention has deleted nothing yet.
 */
export async function findOpenSums({ rows }: Database): Promise<OpenSum[]> {
  const [sums] = await rows<Record<'positions' | 'counted' | 'stored' | 'set_aside' | 'skipped', string>>(
    `SELECT coalesce(sum(next - base), 0) AS positions,
            coalesce(sum(stored + dead_lettered + repeats), 0) AS counted,
            coalesce(sum(stored), 0) AS stored, coalesce(sum(dead_lettered), 0) AS set_aside,
            coalesce(sum(base), 0) AS skipped
     FROM settled_offsets WHERE topic = $1`,
    [RAW_TOPIC],
  )
  const [tables] = await rows<Record<'rows' | 'letters' | 'failed_again' | 'opened_again', string>>(
    `SELECT (SELECT count(*) FROM events) AS rows, (SELECT count(*) FROM dead_letters) AS letters,
            (SELECT count(*) FROM dead_letter_history WHERE what = 'failed_again') AS failed_again,
            (SELECT count(*) FROM dead_letter_history WHERE what = 'opened_again') AS opened_again`,
  )
  const of = (record: Record<string, string> | undefined, name: string) => Number(record?.[name] ?? 0)
  const letters = of(tables, 'letters') + of(tables, 'failed_again') + of(tables, 'opened_again')
  return [
    { missing: of(sums, 'positions') - of(sums, 'counted'), why: 'positions settled that nobody counted' },
    { missing: of(sums, 'skipped'), why: 'positions before the first one that was settled' },
    { missing: of(sums, 'stored') - of(tables, 'rows'), why: 'events counted as stored that have no row' },
    { missing: of(sums, 'set_aside') - letters, why: 'events counted as set aside that have no dead letter' },
  ].filter(({ missing }) => missing !== 0)
}
