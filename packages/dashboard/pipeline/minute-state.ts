import type { BalanceMinute } from '@sluice/contract/admin-api/balance'

export type MinuteState = 'settled' | 'settling' | 'gap'

/** Whether a minute is accounted for: the API alone says what is settled, and a difference before that is not a gap. */
export function minuteState({ settled, gap }: Pick<BalanceMinute, 'settled' | 'gap'>): MinuteState {
  if (!settled || gap === null) return 'settling'
  return gap === 0 ? 'settled' : 'gap'
}
