import { isTenantId } from '@sluice/contract/identifiers'
import type { Share } from './tenant-shares.ts'

/** A tenant in whose name events are sent, and the API key that proves it. */
export type Sender = { tenantId: string; apiKey: string }

/** The keys that `sluice dev` hands out. They work nowhere else. */
export const DEMO_KEYS = 'tenant_a:key_a,tenant_b:key_b'

/**
 * Reads keys written as `API_KEYS` is: `tenant:key`, comma-separated. A tenant with several keys (while they are changed)
 * sends with the first. Throws a RangeError whose message never shows a key.
 */
export function parseKeys(text: string): readonly Sender[] {
  const senders = new Map<string, Sender>()
  const pairs = text.split(',').map((pair) => pair.trim())
  for (const [index, pair] of pairs.entries()) {
    if (pair === '') continue
    const colon = pair.indexOf(':')
    const tenantId = pair.slice(0, Math.max(colon, 0)).trim()
    const apiKey = pair.slice(colon + 1).trim()
    if (colon === -1 || !/^[\x21-\x7e]+$/.test(apiKey) || !isTenantId(tenantId))
      throw new RangeError(`keys are written tenant:key,tenant:key; number ${index + 1} is not`)
    if (!senders.has(tenantId)) senders.set(tenantId, { tenantId, apiKey })
  }
  if (senders.size === 0) throw new RangeError('no key given; keys are written tenant:key,tenant:key')
  return [...senders.values()]
}

/** A round of all shares is laid down beforehand, so their sum is bounded. */
const MAX_SHARE = 1_000

/**
 * The senders that `--tenants` asks for, with their shares of the rate: so many of them, or those named, as `a,b` or
 * `a=3,b=1`. Throws a RangeError when their keys are not known.
 */
export function chooseSenders(known: readonly Sender[], tenants: string | undefined): readonly Share[] {
  if (tenants === undefined) return known.map((sender) => ({ sender, share: 1 }))
  if (/^\d+$/.test(tenants.trim())) return takeFirst(known, Number(tenants)).map((sender) => ({ sender, share: 1 }))
  const shares = new Map<string, number>()
  for (const part of tenants.split(',')) {
    const [name = '', share = '1', ...more] = part.split('=').map((text) => text.trim())
    if (!/^\d+$/.test(share) || Number(share) < 1 || Number(share) > MAX_SHARE || more.length > 0)
      throw new RangeError(
        `--tenants: shares are whole numbers from 1 to ${MAX_SHARE}, as tenant_a=3,tenant_b=1; got "${part}"`,
      )
    shares.set(name, Number(share))
  }
  return [...shares].map(([name, share]) => ({ sender: findSender(known, name), share }))
}

function takeFirst(known: readonly Sender[], count: number): readonly Sender[] {
  if (count < 1) throw new RangeError('--tenants must be 1 or more, or a list of names')
  if (count > known.length)
    throw new RangeError(
      `--tenants ${count}: only ${known.length} keys are known; give one for each tenant with --keys`,
    )
  return known.slice(0, count)
}

function findSender(known: readonly Sender[], name: string): Sender {
  const sender = known.find(({ tenantId }) => tenantId === name)
  if (sender !== undefined) return sender
  const others = known.map(({ tenantId }) => tenantId).join(', ')
  throw new RangeError(`--tenants: no key is known for "${name}" (known: ${others}); give it with --keys ${name}:<key>`)
}
