/** Remembers which of the newest events were accepted, so that only such are repeated. Its size never changes. */
export type AcceptedRing = {
  add(seq: number): void
  /** The accepted event nearest to `wanted` among `wanted`, `wanted` ± `step`, … (older ones first); null when none is remembered. */
  nearest(wanted: number, step: number): number | null
}

export function createAcceptedRing(size: number): AcceptedRing {
  const slots = new Float64Array(size).fill(-1)
  const isHeld = (seq: number) => slots[seq % size] === seq
  let newest = -1

  return {
    add(seq) {
      slots[seq % size] = seq
      newest = Math.max(newest, seq)
    },
    nearest(wanted, step) {
      for (let seq = wanted; seq >= 0 && seq > newest - size; seq -= step) if (isHeld(seq)) return seq
      for (let seq = wanted + step; seq <= newest; seq += step) if (isHeld(seq)) return seq
      return null
    },
  }
}
