/** The next number of a sequence, from 0 (included) to 1 (excluded). */
export type Random = () => number

/** MurmurHash3's finalizer: neighbouring inputs end far apart. */
function scatter(value: number): number {
  let mixed = value | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/**
 * A sequence of its own for every stream of a seed (Mulberry32), so that event 1,000,000 is known without drawing the
 * others. For choices only, never for secrets.
 * @param seed 0 to 2³² − 1
 */
export function createRandom(seed: number, stream: number): Random {
  let state = scatter(scatter(seed) ^ Math.imul(stream + 1, 0x9e37_79b1))
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number from 0 to `below` − 1. */
export const pickIndex = (random: Random, below: number): number => Math.floor(random() * below)
