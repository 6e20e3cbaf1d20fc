import { question } from '../admin-api/queries.ts'
import { RANGE_MINUTES, type Range } from '../search-params.ts'

type View = { tenant: string | null; range: Range }

/** What the pipeline page asks: the same on the server and in the browser. */
export function pipelineQuestions({ tenant: given, range }: View) {
  const tenant = given ?? undefined
  const minutes = RANGE_MINUTES[range]
  return {
    lag: question('lag', {}),
    lagHistory: question('lagHistory', { minutes }),
    backlog: question('backlog', {}),
    health: question('health', {}),
    overview: question('overview', { tenant }),
    throughput: question('throughput', { minutes, tenant }),
    balance: question('balance', { minutes: Math.max(60, minutes), tenant }),
  }
}
