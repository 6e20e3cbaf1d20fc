import type { BalanceBody } from '@sluice/contract/admin-api/balance'
import { countOf } from '../format.ts'

export type ConservationVerdict = { tone: 'ok' | 'bad' | 'unknown'; text: string; gap: number | null }

/** Whether every accepted event is accounted for, in the API's own words: only it decides what is settled. */
export function conservationVerdict({
  gap,
  settled,
  waiting,
}: Pick<BalanceBody, 'gap' | 'settled' | 'waiting'>): ConservationVerdict {
  if (gap === null) return { tone: 'unknown', text: 'Not compared yet.', gap }
  if (gap === 0) return { tone: 'ok', text: 'Nothing is missing.', gap }
  const missing =
    gap > 0
      ? `${countOf(gap, 'event')} ${gap === 1 ? 'is' : 'are'} missing.`
      : `${countOf(-gap, 'event')} more than were accepted.`
  // While events move, a difference may still close by itself.
  return settled || waiting === 0
    ? { tone: 'bad', text: missing, gap }
    : { tone: 'unknown', text: `Settling: ${missing}`, gap }
}
