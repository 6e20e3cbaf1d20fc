import type { AdmitRequest, ClaimOutcome } from '../gate.ts'
import { type GroupedItems, toGroupedItems } from './items.ts'

export type AdmitTimes = { leaseMs: number; windowMs: number; at: Date | null }

/** The statement that admits, after it has ended the claims of `ended`. */
export function admitQuery(
  grouped: GroupedItems<AdmitRequest>,
  ended: readonly ClaimOutcome[],
  { leaseMs, windowMs, at }: AdmitTimes,
) {
  const { items, tenants, sizes, keys, fingerprints, tokens, receipts } = grouped
  const limits = items.map(({ limitPerMin }) => limitPerMin)
  const values = [tenants, sizes, limits, keys, fingerprints, tokens, receipts, leaseMs, windowMs, at]
  if (ended.length === 0) {
    return { name: 'gate_admit', text: 'SELECT * FROM gate_admit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)', values }
  }
  return {
    name: 'gate_end_and_admit',
    text: 'SELECT * FROM gate_end_and_admit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)',
    values: [...endedValues(toGroupedItems(ended)), ...values],
  }
}

export function settleQuery(outcomes: readonly ClaimOutcome[], windowMs: number, at: Date | null) {
  return {
    name: 'gate_settle',
    text: 'SELECT gate_settle($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    values: [...endedValues(toGroupedItems(outcomes)), windowMs, at],
  }
}

function endedValues({ items, tenants, sizes, keys, fingerprints, tokens, receipts }: GroupedItems<ClaimOutcome>) {
  const outcomes = items.map(({ outcome }) => outcome)
  return [tenants, sizes, keys, fingerprints, tokens, receipts, outcomes]
}
