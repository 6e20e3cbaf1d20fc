import type { Answer } from './client.ts'

/** Everything that can become of a request, in the order of reports, with the words for it. */
export const OUTCOMES = {
  accepted: '202 accepted',
  duplicate: '202 duplicate',
  rate_limited: '429 over the limit',
  in_flight: '409 first still under way',
  unprocessable: '422 key reused or event invalid',
  unauthenticated: '401 API key refused',
  other_4xx: 'other 4xx',
  server_error: '5xx',
  unexpected: 'unexpected answer',
  timeout: 'time-out',
  connection: 'no connection',
} as const

export type Outcome = keyof typeof OUTCOMES

export const OUTCOME_NAMES = Object.keys(OUTCOMES) as readonly Outcome[]

/** Neither taken in nor held back by the limit. */
export const ERROR_OUTCOMES = OUTCOME_NAMES.filter((name) => !['accepted', 'duplicate', 'rate_limited'].includes(name))

const BY_STATUS: ReadonlyMap<number, Outcome> = new Map([
  [401, 'unauthenticated'],
  [409, 'in_flight'],
  [422, 'unprocessable'],
  [429, 'rate_limited'],
])

/** What an answer of `POST /events` means. A 202 that does not say whether it is a duplicate does not come from ingest. */
export function toOutcome(answer: Answer): Outcome {
  if (answer.type === 'failure') return answer.reason
  const { status } = answer
  if (status === 202) return toAccepted(answer.body)
  const named = BY_STATUS.get(status)
  if (named !== undefined) return named
  if (status >= 400 && status <= 499) return 'other_4xx'
  return status >= 500 ? 'server_error' : 'unexpected'
}

function toAccepted(body: string): Outcome {
  const duplicate = memberOf(body, 'duplicate')
  if (duplicate === true) return 'duplicate'
  return duplicate === false ? 'accepted' : 'unexpected'
}

/** The members of a JSON answer; none when it is not a JSON object. */
export function parseObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(body)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {} // not ingest's own answer, and shown as an unexpected one
  }
}

/** One member of a JSON answer; undefined when there is none. */
export const memberOf = (body: string, name: string): unknown => parseObject(body)[name]

/** Neither taken in nor refused for good: the same key and bytes may be sent again, and should be. */
export const isRepeatable = (answer: Answer): boolean =>
  answer.type === 'failure' || REPEATABLE_STATUSES.has(answer.status)

const REPEATABLE_STATUSES: ReadonlySet<number> = new Set([408, 409, 429, 503])
