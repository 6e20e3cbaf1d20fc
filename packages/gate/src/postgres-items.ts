import { hash } from 'node:crypto'

/** What a claim is found by: its tenant and key, as the first 16 bytes of their SHA-256. */
export function claimKey(tenantId: string, idempotencyKey: string): string {
  // No tenant id holds a colon, so no two pairs give the same text.
  return hash('sha256', `${tenantId}:${idempotencyKey}`, 'hex').slice(0, 32)
}

type Item = { tenantId: string; idempotencyKey: string; fingerprint: string; token: string; receiptId: string }

/** A call's items as the functions of migrations/0001-gate.sql take them: tenant by tenant, each in order of arrival. */
export type GroupedItems<T extends Item> = {
  items: readonly T[]
  /** Where each of `items` stood in the call. */
  positions: readonly number[]
  tenants: readonly string[]
  sizes: readonly number[]
  keys: readonly string[]
  fingerprints: readonly string[]
  tokens: readonly string[]
  receipts: readonly string[]
}

export function groupByTenant<T extends Item>(call: readonly T[]): GroupedItems<T> {
  const groups = new Map<string, { item: T; position: number }[]>()
  for (const [position, item] of call.entries()) {
    const group = groups.get(item.tenantId)
    if (group === undefined) groups.set(item.tenantId, [{ item, position }])
    else group.push({ item, position })
  }
  const placed = [...groups.values()].flat()
  const items = placed.map(({ item }) => item)
  return {
    items,
    positions: placed.map(({ position }) => position),
    tenants: [...groups.keys()],
    sizes: [...groups.values()].map((group) => group.length),
    keys: items.map(({ tenantId, idempotencyKey }) => claimKey(tenantId, idempotencyKey)),
    fingerprints: items.map(({ fingerprint }) => fingerprint),
    tokens: items.map(({ token }) => token),
    receipts: items.map(({ receiptId }) => receiptId),
  }
}
