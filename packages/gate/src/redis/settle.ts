import type { ClaimOutcome } from '../gate.ts'
import { groupByTenant } from '../group-by-tenant.ts'
import type { ScriptCall } from './connection.ts'
import { packItems } from './items.ts'
import type { RedisKeys } from './keys.ts'

const LETTER = { done: 'd', refused: 'r', unknown: 'u' } as const

/** Keys and arguments of settle.lua for one call. */
export function settleCall(
  keys: RedisKeys,
  outcomes: readonly ClaimOutcome[],
  { windowMs, at }: { windowMs: number; at: number | null },
): ScriptCall {
  const grouped = groupByTenant(outcomes)
  const { items, tenants, sizes } = grouped
  return {
    keys: [
      keys.tenants,
      keys.since,
      ...tenants.map((tenantId) => keys.counts(tenantId)),
      ...items.map(({ tenantId, idempotencyKey }) => keys.claim(tenantId, idempotencyKey)),
    ],
    args: [
      at === null ? '' : String(at),
      String(windowMs),
      String(tenants.length),
      packItems(grouped),
      items.map(({ outcome }) => LETTER[outcome]).join(''),
      ...tenants.flatMap((tenantId, nth) => [tenantId, String(sizes[nth])]),
    ],
  }
}
