/** Seeded random choices: the same seed gives the same run. mulberry32, public domain. */
export function createRandom(seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  /** 0 to `below` − 1. */
  const integer = (below: number) => Math.floor(next() * below)
  return {
    integer,
    pick: <const T>(choices: readonly [T, ...T[]]): T => choices[integer(choices.length)] ?? choices[0],
    uuid: () =>
      Array.from({ length: 32 }, (_, nth) => (nth === 12 ? '4' : nth === 16 ? '8' : integer(16).toString(16)))
        .join('')
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  }
}
