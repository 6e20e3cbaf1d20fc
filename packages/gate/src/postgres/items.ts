import { hash } from 'node:crypto'
import { type ByTenant, groupByTenant } from '../group-by-tenant.ts'

/** What a claim is found by: its tenant and key, as the first 16 bytes of their SHA-256. */
export function claimKey(tenantId: string, idempotencyKey: string): string {
  // No tenant id holds a colon, so no two pairs give the same text.
  return hash('sha256', `${tenantId}:${idempotencyKey}`, 'hex').slice(0, 32)
}

type Item = { tenantId: string; idempotencyKey: string; fingerprint: string; token: string; receiptId: string }

/** A call's items as the functions of migrations/0001-gate.sql take them: arrays of what each function wants of an item. */
export type GroupedItems<T extends Item> = ByTenant<T> & {
  keys: readonly string[]
  fingerprints: readonly string[]
  tokens: readonly string[]
  receipts: readonly string[]
}

export function toGroupedItems<T extends Item>(call: readonly T[]): GroupedItems<T> {
  const grouped = groupByTenant(call)
  const { items } = grouped
  return {
    ...grouped,
    keys: items.map(({ tenantId, idempotencyKey }) => claimKey(tenantId, idempotencyKey)),
    fingerprints: items.map(({ fingerprint }) => fingerprint),
    tokens: items.map(({ token }) => token),
    receipts: items.map(({ receiptId }) => receiptId),
  }
}
