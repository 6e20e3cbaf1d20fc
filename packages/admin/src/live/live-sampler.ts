import { MAX_LIVE_PER_SECOND } from '@sluice/contract/admin-api/live'

export type LiveSampler = {
  /**
   * An even part of what a turn found, in its order: as much of every outcome as of the others, so that "1 in 4" is true of
   * each. In no second, wherever it begins, more than `MAX_LIVE_PER_SECOND`.
   * @param nowMs monotonic
   */
  choose<T>(found: readonly T[], nowMs: number): readonly T[]
}

/** While more comes than may be shown, turns share the second, so that the picture moves evenly. */
export const TURNS_PER_SECOND = 4

export function createLiveSampler(): LiveSampler {
  let shown: { atMs: number; count: number }[] = []
  let wasSampled = false

  return {
    choose(found, nowMs) {
      shown = shown.filter(({ atMs }) => nowMs - atMs <= 1_000)
      const left = MAX_LIVE_PER_SECOND - shown.reduce((sum, { count }) => sum + count, 0)
      const room = wasSampled ? Math.min(left, MAX_LIVE_PER_SECOND / TURNS_PER_SECOND) : left
      wasSampled = found.length > room
      const count = Math.min(found.length, room)
      shown.push({ atMs: nowMs, count })
      if (count === found.length) return found
      return Array.from(
        { length: count },
        (_, index) => found[Math.floor(((index + 0.5) * found.length) / count)] as (typeof found)[number],
      )
    },
  }
}
