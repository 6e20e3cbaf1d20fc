const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995

/**
 * The partition of a keyed record: murmur2 of the key's UTF-8 bytes, as Kafka's own partitioner computes it, so that
 * every adapter and every foreign Kafka producer puts a key into the same one. Stable for ever while `partitions` is.
 * @param partitions 1 or more
 * @returns 0 to partitions - 1
 */
export function partitionOfKey(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key, 'utf8')) & 0x7fffffff) % partitions
}

/** 32-bit murmur2 with Kafka's seed, as a signed number (org.apache.kafka.common.utils.Utils.murmur2). */
export function murmur2(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = bytes.length & ~3
  let hash = SEED ^ bytes.length
  for (let at = 0; at < whole; at += 4) {
    let part = Math.imul(view.getInt32(at, true), MULTIPLIER)
    part ^= part >>> 24
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(part, MULTIPLIER)
  }
  if (whole < bytes.length) {
    for (let at = bytes.length - 1; at >= whole; at -= 1) hash ^= (bytes[at] ?? 0) << ((at & 3) * 8)
    hash = Math.imul(hash, MULTIPLIER)
  }
  hash ^= hash >>> 13
  hash = Math.imul(hash, MULTIPLIER)
  return hash ^ (hash >>> 15)
}
