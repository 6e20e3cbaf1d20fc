import { randomBytes } from 'node:crypto'
import { isTenantId, TENANT_RULE } from './identifiers.ts'

/** An API key in plain text, and the tenant that it belongs to. */
export type ApiKeyEntry = { tenantId: string; key: string }

/** 16 characters of base64 are 96 random bits, more than can be guessed; what people make up is shorter. */
export const SHORT_KEY_CHARACTERS = 16

/** Whether a key can be guessed. */
export const isShortKey = (key: string): boolean => key.length < SHORT_KEY_CHARACTERS

/**
 * The keys that a text such as `tenant_a:key_a,tenant_b:key_b` holds: a tenant may have several, a key belongs to one tenant.
 * @returns the entries in order, and a sentence for each that breaks the rule; no sentence holds a key
 */
export function readApiKeys(text: string): { entries: ApiKeyEntry[]; problems: string[] } {
  const entries: ApiKeyEntry[] = []
  const problems: string[] = []
  for (const [index, pair] of text.split(',').entries()) {
    const colon = pair.indexOf(':')
    const [tenantId, key] = [pair.slice(0, colon).trim(), pair.slice(colon + 1).trim()]
    const place = `API_KEYS, entry ${index + 1}`
    if (colon < 1 || key === '') problems.push(`${place} must be tenant:key`)
    else if (!isTenantId(tenantId)) problems.push(`${place}: a tenant is ${TENANT_RULE}`)
    else if (!/^[\x21-\x7e]+$/.test(key)) problems.push(`${place}: a key is made of visible ASCII characters`)
    else if (entries.some((entry) => entry.key === key && entry.tenantId !== tenantId))
      problems.push(`${place} repeats the key of another tenant`)
    else entries.push({ tenantId, key })
  }
  return { entries, problems }
}

/** Tells keys apart where they may not be shown: 6 bytes are enough for any number that a company will have. */
const ID_BYTES = 6
/** 256 random bits need no slow digest, and no throttle to be safe from guessing. */
const SECRET_BYTES = 32

/** A new random key, `sk_<id>_<secret>`; its `id` is 12 hex digits and no secret. */
export function newApiKey(): { id: string; key: string } {
  const id = randomBytes(ID_BYTES).toString('hex')
  return { id, key: `sk_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}` }
}
