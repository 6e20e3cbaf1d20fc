import type { AdmitRequest, Verdict } from './gate.ts'
import type { GroupedItems } from './postgres-items.ts'
import { IN_FLIGHT_RETRY_MS } from './timing.ts'

/** A row of gate_admit: what a tenant had taken before (`outcome` null), or an item not simply claimed. */
export type AdmitRow =
  | { outcome: null; place: number; receipt_id: null; used: number; wait_ms: number }
  | { outcome: 'over_limit'; place: number; receipt_id: null; used: null; wait_ms: number }
  | {
      outcome: 'claimed' | 'duplicate' | 'in_flight' | 'other_body'
      place: number
      receipt_id: string
      used: null
      wait_ms: null
    }

export type AdmitTimes = { leaseMs: number; windowMs: number; at: Date | null }

/** The statement of one call. */
export function admitQuery(grouped: GroupedItems<AdmitRequest>, { leaseMs, windowMs, at }: AdmitTimes) {
  const { items, tenants, sizes, keys, fingerprints, tokens, receipts } = grouped
  const limits = items.map(({ limitPerMin }) => limitPerMin)
  return {
    name: 'gate_admit',
    text: 'SELECT * FROM gate_admit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)',
    values: [tenants, sizes, limits, keys, fingerprints, tokens, receipts, leaseMs, windowMs, at],
  }
}

/** One verdict per request of the call, in order. */
export function readVerdicts(grouped: GroupedItems<AdmitRequest>, rows: readonly AdmitRow[]): Verdict[] {
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
    if (tenant === undefined) throw new Error('gate_admit gave no row for a tenant')
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
