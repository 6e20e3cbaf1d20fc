import type { TestContext } from 'node:test'

/** Random numbers from 0 to 1 that order and moments are chosen by. The seed is said; SLUICE_TEST_SEED repeats it. */
export function seeded(t: Pick<TestContext, 'diagnostic'>): () => number {
  const seed = Number(process.env.SLUICE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31) + 1)
  t.diagnostic(`seed ${seed}`)
  let state = seed
  return () => {
    // Marsaglia's xorshift32.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
