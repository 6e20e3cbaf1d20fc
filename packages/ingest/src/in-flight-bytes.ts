/** Bytes of bodies that are being read or answered. The one bound on what this process holds. */
export type InFlightBytes = {
  /** False when the cap would be passed: nothing was reserved. */
  reserve(bytes: number): boolean
  release(bytes: number): void
  used(): number
  /** 0 to 1. */
  share(): number
}

export function createInFlightBytes(capBytes: number): InFlightBytes {
  let usedBytes = 0
  return {
    reserve(bytes) {
      if (usedBytes + bytes > capBytes) return false
      usedBytes += bytes
      return true
    },
    release(bytes) {
      usedBytes -= bytes
    },
    used: () => usedBytes,
    share: () => usedBytes / capBytes,
  }
}
