import { flag } from '../list-parameters.ts'
import { loader, timeParameter } from '../query-parameters.ts'
import { overviewParams } from '../search-params.ts'

export const pipelineParams = { ...overviewParams, lagging: flag.withDefault(false), minute: timeParameter }

export const loadPipeline = loader(pipelineParams)
