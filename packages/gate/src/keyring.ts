import { createHash, timingSafeEqual } from 'node:crypto'
import { type ApiKeyEntry, isShortKey } from '@sluice/contract/api-keys'

/** The tenants, each once, that have a key which can be guessed. */
export const tenantsWithShortKeys = (entries: readonly ApiKeyEntry[]): string[] => [
  ...new Set(entries.filter(({ key }) => isShortKey(key)).map(({ tenantId }) => tenantId)),
]

/** Tells which tenant an API key belongs to. */
export type Keyring = {
  /** Null for a key that nobody has. Takes the same time for every wrong key. */
  tenantOf(apiKey: string): string | null
}

type HeldKey = { tenantId: string; digest: Buffer }

const digestOf = (key: string) => createHash('sha256').update(key).digest()

/**
 * Keeps SHA-256 digests only. A key is found by the first bytes of its digest, which tell an attacker nothing about the
 * key, and then compared whole in constant time, an unknown one with a dummy.
 */
export function createKeyring(entries: readonly ApiKeyEntry[]): Keyring {
  const held = new Map<number, HeldKey[]>()
  for (const { tenantId, key } of entries) {
    const digest = digestOf(key)
    const bucket = held.get(digest.readUInt32BE()) ?? []
    held.set(digest.readUInt32BE(), [...bucket, { tenantId, digest }])
  }
  const dummy: readonly HeldKey[] = [{ tenantId: '', digest: Buffer.alloc(32) }]

  return {
    tenantOf(apiKey) {
      const digest = digestOf(apiKey)
      const candidates = held.get(digest.readUInt32BE()) ?? dummy
      const match = candidates.find((candidate) => timingSafeEqual(candidate.digest, digest))
      return match === undefined || candidates === dummy ? null : match.tenantId
    },
  }
}
