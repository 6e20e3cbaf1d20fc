import { hash, timingSafeEqual } from 'node:crypto'
import { type ApiKeyEntry, isShortKey } from '@sluice/contract/api-keys'
import type { ApiKeyDigest } from './api-key-store.ts'

/** The tenants, each once, that have a key which can be guessed. */
export const tenantsWithShortKeys = (entries: readonly ApiKeyEntry[]): string[] => [
  ...new Set(entries.filter(({ key }) => isShortKey(key)).map(({ tenantId }) => tenantId)),
]

/** Tells which tenant an API key belongs to. */
export type Keyring = {
  /** Null for a key that nobody has. Takes the same time for every wrong key. */
  tenantOf(apiKey: string): string | null
  /** False while keys may be in force that it has not read yet: nobody can be told that theirs is wrong. */
  isComplete(): boolean
}

type HeldKey = { tenantId: string; digest: Buffer }

const HEX_DIGITS = 64
/** SHA-256 of a key as 64 hex digits. As text: half the time of a Buffer, and every request asks for one. */
export const digestOf = (key: string) => hash('sha256', key, 'hex')
const toDigest = ({ tenantId, key }: ApiKeyEntry) => ({ tenantId, digest: digestOf(key) })
/** Of the digest's hex digits. */
const BUCKET_DIGITS = 8

/**
 * Keeps SHA-256 digests only. A key is found by the first bytes of its digest, which tell an attacker nothing about the
 * key, and then compared whole in constant time, an unknown one with a dummy.
 * @param entries keys in plain text @param stored those of which only the digest is known
 */
export function createKeyring(entries: readonly ApiKeyEntry[], stored: readonly ApiKeyDigest[] = []): Keyring {
  const held = new Map<string, HeldKey[]>()
  for (const { tenantId, digest } of [...entries.map(toDigest), ...stored]) {
    const bucket = digest.slice(0, BUCKET_DIGITS)
    held.set(bucket, [...(held.get(bucket) ?? []), { tenantId, digest: Buffer.from(digest, 'latin1') }])
  }
  const dummy: readonly HeldKey[] = [{ tenantId: '', digest: Buffer.alloc(HEX_DIGITS) }]
  const shown = Buffer.alloc(HEX_DIGITS)

  return {
    tenantOf(apiKey) {
      const digest = digestOf(apiKey)
      shown.write(digest, 'latin1')
      const candidates = held.get(digest.slice(0, BUCKET_DIGITS)) ?? dummy
      const match = candidates.find((candidate) => timingSafeEqual(candidate.digest, shown))
      return match === undefined || candidates === dummy ? null : match.tenantId
    },
    isComplete: () => true,
  }
}
