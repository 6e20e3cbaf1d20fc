import type { AdmitRequest, Verdict } from './gate.ts'
import type { ByTenant } from './group-by-tenant.ts'
import { IN_FLIGHT_RETRY_MS } from './timing.ts'

/**
 * What an engine answers to one call: a row per tenant with what it had taken before (`outcome` null), and a row per item that
 * is not simply claimed with its own receipt. Places count from 1, tenants and items by themselves.
 */
export type AdmitRow =
  | { outcome: null; place: number; receipt_id: null; used: number; wait_ms: number }
  | { outcome: 'over_limit'; place: number; receipt_id: null; used: null; wait_ms: number }
  | { outcome: 'claimed' | 'duplicate'; place: number; receipt_id: string; used: null; wait_ms: null }
  | { outcome: 'in_flight' | 'other_body'; place: number; receipt_id: string | null; used: null; wait_ms: null }

/** One verdict per request of the call, in order. */
export function readVerdicts(grouped: ByTenant<AdmitRequest>, rows: readonly AdmitRow[]): Verdict[] {
  const { items, positions, sizes } = grouped
  const before = new Map<number, { used: number; waitMs: number }>()
  const notSimple = new Map<number, Exclude<AdmitRow, { outcome: null }>>()
  for (const row of rows) {
    if (row.outcome === null) before.set(row.place, { used: row.used, waitMs: row.wait_ms })
    else notSimple.set(row.place, row)
  }

  const verdicts: Verdict[] = new Array(items.length)
  let place = 0
  for (const [nth, size] of sizes.entries()) {
    const tenant = before.get(nth + 1)
    if (tenant === undefined) throw new Error('the engine gave no row for a tenant')
    let { used } = tenant
    for (let i = 0; i < size; i++) {
      const item = items[place] as AdmitRequest
      const row = notSimple.get(place + 1)
      if (row?.outcome !== 'over_limit') used += 1
      const left = row?.outcome === 'over_limit' ? 0 : item.limitPerMin - used
      verdicts[positions[place] as number] = toVerdict(item, row, left, tenant.waitMs)
      place += 1
    }
  }
  return verdicts
}

function toVerdict(
  { receiptId }: AdmitRequest,
  row: Exclude<AdmitRow, { outcome: null }> | undefined,
  left: number,
  resetMs: number,
): Verdict {
  const limit = { degraded: false, left, resetMs }
  if (row === undefined) return { ...limit, outcome: 'claimed', receiptId }
  switch (row.outcome) {
    case 'over_limit':
      return { ...limit, resetMs: row.wait_ms, outcome: 'over_limit', retryAfterMs: row.wait_ms }
    case 'in_flight':
      return { ...limit, outcome: 'in_flight', retryAfterMs: IN_FLIGHT_RETRY_MS }
    case 'other_body':
      return { ...limit, outcome: 'other_body' }
    case 'claimed':
    case 'duplicate':
      return { ...limit, outcome: row.outcome, receiptId: row.receipt_id }
    default:
      return row satisfies never
  }
}
