import { shortText } from '../list-parameters.ts'
import { loader, oneOf } from '../query-parameters.ts'
import { viewParams } from '../search-params.ts'

export const LIVE_OUTCOMES = ['accepted', 'stored', 'dead_lettered'] as const

export const liveParams = { ...viewParams, type: shortText, outcome: oneOf(LIVE_OUTCOMES) }

export const loadLive = loader(liveParams)
