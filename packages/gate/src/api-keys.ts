import { isTenantId } from '@sluice/contract/identifiers'
import type { EnvReader } from '@sluice/runtime/env'

/** An API key in plain text, and the tenant that it belongs to. */
export type ApiKeyEntry = { tenantId: string; key: string }

/** `API_KEYS=tenant_a:key_a,tenant_b:key_b`; a tenant may have several keys, a key belongs to one tenant. Null when unset. */
export function parseApiKeys(read: EnvReader): ApiKeyEntry[] | null {
  const entries: ApiKeyEntry[] = []
  const text = read.secret('API_KEYS')
  if (text === null) return null
  for (const [index, pair] of text.split(',').entries()) {
    const colon = pair.indexOf(':')
    const [tenantId, key] = [pair.slice(0, colon).trim(), pair.slice(colon + 1).trim()]
    const place = `API_KEYS, entry ${index + 1}`
    if (colon < 1 || key === '') read.problem(`${place} must be tenant:key`)
    else if (!isTenantId(tenantId)) read.problem(`${place}: a tenant is 1 to 64 characters of A-Z a-z 0-9 _ -`)
    else if (!/^[\x21-\x7e]+$/.test(key)) read.problem(`${place}: a key is made of visible ASCII characters`)
    else if (entries.some((entry) => entry.key === key && entry.tenantId !== tenantId))
      read.problem(`${place} repeats the key of another tenant`)
    else entries.push({ tenantId, key })
  }
  return entries
}
