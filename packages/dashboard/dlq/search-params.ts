import { DEAD_LETTER_REASONS, DEAD_LETTER_STATES } from '@sluice/contract/dead-letter'
import { cursorText, flag, shortText, textUpTo, uuid } from '../list-parameters.ts'
import { loader, oneOf, timeParameter } from '../query-parameters.ts'
import { viewParams } from '../search-params.ts'

const STATES = [...DEAD_LETTER_STATES, 'any'] as const

export const deadLetterParams = {
  ...viewParams,
  state: oneOf(STATES).withDefault('open'),
  reason: oneOf(DEAD_LETTER_REASONS),
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
