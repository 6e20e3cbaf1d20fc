/** What a verifier counts; each must be 0. */
export const WRONG_NUMBERS = [
  'lost',
  'stillWaiting',
  'dupRows',
  'both',
  'wrongPlace',
  'ghost',
  'falseDup',
  'receiptLost',
  'altered',
  'tenantLeak',
  'badAnswer',
  'overLimit',
  'unbalanced',
  'aheadCommit',
  'missedDup',
] as const
export type WrongNumber = (typeof WRONG_NUMBERS)[number]

export type Example = { tenant: string; key: string; why: string }

/** Counts what is wrong, and keeps the first few of each kind to be looked at. */
export type Findings = {
  /** @param example is asked only while there is room for it */
  add(number: WrongNumber, example: () => Example): void
  /** Counts without examples. */
  addMany(number: WrongNumber, count: number, why: string): void
  count(number: WrongNumber): number
  examples(number: WrongNumber): readonly Example[]
}

export const MAX_EXAMPLES = 20

export function createFindings(): Findings {
  const counts = new Map<WrongNumber, number>()
  const examples = new Map<WrongNumber, Example[]>()
  const keep = (number: WrongNumber, example: () => Example) => {
    const kept = examples.get(number) ?? []
    if (kept.length < MAX_EXAMPLES) examples.set(number, [...kept, example()])
  }
  return {
    add(number, example) {
      counts.set(number, (counts.get(number) ?? 0) + 1)
      keep(number, example)
    },
    addMany(number, count, why) {
      if (count <= 0) return
      counts.set(number, (counts.get(number) ?? 0) + count)
      keep(number, () => ({ tenant: '', key: '', why }))
    },
    count: (number) => counts.get(number) ?? 0,
    examples: (number) => examples.get(number) ?? [],
  }
}
