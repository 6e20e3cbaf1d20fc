import type { TestContext } from 'node:test'
import { createSeededRandom, testSeed } from '@sluice/runtime/testing/seeded-random'

/** Random numbers from 0 to 1 that order and moments are chosen by. The seed is said; SLUICE_TEST_SEED repeats it. */
export function seeded(t: Pick<TestContext, 'diagnostic'>): () => number {
  const seed = testSeed()
  t.diagnostic(`seed ${seed}`)
  const random = createSeededRandom(seed)
  return () => random.below(2 ** 32) / 2 ** 32
}
