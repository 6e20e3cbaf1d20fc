/** Choices of one test run; the same seed makes the same ones. */
export interface SeededRandom {
  /** A whole number from 0 to `below` − 1. */
  below(below: number): number
  /** One of `items`, which are not none. */
  pick<T>(items: readonly T[]): T
  /** True in one of `times` calls. */
  once(times: number): boolean
}

/**
 * Marsaglia's xorshift32. For choices of tests that print their seed.
 * @param seed 1 to 2³² − 1
 */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0 || 1
  const below = (limit: number) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
  return {
    below,
    pick: <T>(items: readonly T[]) => items[below(items.length)] as T,
    once: (times) => below(times) === 0,
  }
}

/** The seed in `SLUICE_TEST_SEED`, which repeats a run, else a new one. */
export function testSeed(): number {
  return Number(process.env.SLUICE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31) + 1)
}
