/** What a processor does with one batch, in order: the steps of docs/architecture.md after which it may die. */
export const STEPS = [
  'read',
  'dead letters appended',
  'transaction sent',
  'transaction committed',
  'offsets committed',
] as const

export type Step = (typeof STEPS)[number]
