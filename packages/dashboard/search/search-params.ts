import { cursorText, shortText } from '../list-parameters.ts'
import { loader, textParameter, timeParameter } from '../query-parameters.ts'
import { viewParams } from '../search-params.ts'

export const searchParams = {
  ...viewParams,
  q: textParameter,
  eventId: shortText,
  idempotencyKey: shortText,
  type: shortText,
  since: timeParameter,
  until: timeParameter,
  cursor: cursorText,
}

export const loadSearch = loader(searchParams)
