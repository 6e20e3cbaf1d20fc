import type { Clock } from '@sluice/runtime/clock'

/** Slows down an address that guesses keys, before anything else is asked and at no tenant's cost. */
export type WrongKeyThrottle = {
  /** False when this address used up its wrong keys for now. */
  allows(address: string): boolean
  recordWrongKey(address: string): void
}

/** Wrong keys that one address may send in a second, at each server that asks for one. */
export const WRONG_KEYS_PER_SECOND = 20
/** More addresses than this are forgotten oldest first, so that the memory is bounded. */
const MAX_ADDRESSES = 10_000

/** @param perSecond wrong keys that one address may send in one second of the monotonic clock */
export function createWrongKeyThrottle(clock: Clock, perSecond: number): WrongKeyThrottle {
  const seen = new Map<string, { second: number; count: number }>()
  const currentSecond = () => Math.floor(clock.monotonicMs() / 1000)

  return {
    allows(address) {
      const entry = seen.get(address)
      return entry === undefined || entry.second !== currentSecond() || entry.count < perSecond
    },
    recordWrongKey(address) {
      const second = currentSecond()
      const entry = seen.get(address)
      const count = entry?.second === second ? entry.count + 1 : 1
      seen.delete(address)
      seen.set(address, { second, count })
      if (seen.size > MAX_ADDRESSES) seen.delete(seen.keys().next().value as string)
    },
  }
}
