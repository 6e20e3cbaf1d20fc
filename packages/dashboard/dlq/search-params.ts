import { cursorText, flag, shortText, textUpTo, uuid } from '../list-parameters.ts'
import { loader, oneOf, timeParameter } from '../query-parameters.ts'
import { viewParams } from '../search-params.ts'

const STATES = ['open', 'redriving', 'redriven', 'dismissed', 'any'] as const
export const REASONS = [
  'MALFORMED_RECORD',
  'MISSING_FIELD',
  'INVALID_FIELD',
  'UNSTORABLE',
  'IDEMPOTENCY_CONFLICT',
  'CRASH_LOOP',
] as const

export const deadLetterParams = {
  ...viewParams,
  state: oneOf(STATES).withDefault('open'),
  reason: oneOf(REASONS),
  pointer: textUpTo(0, 1_024),
  type: shortText,
  since: timeParameter,
  until: timeParameter,
  q: shortText,
  cursor: cursorText,
  id: uuid,
  view: oneOf(['ledger', 'topic'] as const).withDefault('ledger'),
  bench: flag.withDefault(false),
  job: uuid,
  from_job: uuid,
}

export const loadDeadLetters = loader(deadLetterParams)
