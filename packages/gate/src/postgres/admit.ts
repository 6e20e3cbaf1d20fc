import type { AdmitRequest } from '../gate.ts'
import type { GroupedItems } from './items.ts'

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
