/** A number of 0 to 1 that is always the same for the same numbers: the fake shows the same picture to everybody. */
export function noise(...seeds: number[]): number {
  let hash = 0x811c9dc5
  for (const seed of seeds) {
    for (let rest = Math.abs(Math.trunc(seed)), digit = 0; digit < 7; digit++, rest = Math.floor(rest / 256)) {
      hash = Math.imul(hash ^ (rest & 0xff), 0x01000193)
    }
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

export const pick = <T>(items: readonly T[], ...seeds: number[]): T =>
  items[Math.floor(noise(...seeds) * items.length)] ?? (items[0] as T)

/** A UUID v7 of this moment; `index` makes it one of its own. */
export function receiptAt(ms: number, index: number): string {
  const time = Math.floor(ms).toString(16).padStart(12, '0')
  const rest = (Math.floor(noise(index, 7) * 0xffffffff) >>> 0).toString(16).padStart(8, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${rest}${(index % 0x10000).toString(16).padStart(4, '0')}`
}

export const isoTime = (ms: number): string => new Date(ms).toISOString()
