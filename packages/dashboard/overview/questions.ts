import { question } from '../admin-api/queries.ts'
import { RANGE_MINUTES, type Range } from '../search-params.ts'

/** Cards compare and draw the last hour, whatever the charts show. */
const CARD_MINUTES = 60

type View = { tenant: string | null; range: Range }

/** What the overview asks: the same on the server and in the browser. */
export function overviewQuestions({ tenant: given, range }: View) {
  const tenant = given ?? undefined
  return {
    overview: question('overview', { tenant }),
    throughput: question('throughput', { minutes: Math.max(CARD_MINUTES, RANGE_MINUTES[range]), tenant }),
    balance: question('balance', { minutes: CARD_MINUTES, tenant }),
    topEventTypes: question('topEventTypes', { sinceMinutes: 1_440, limit: 8, tenant }),
    health: question('health', {}),
    events: question('events', { limit: 10, tenant }),
  }
}
