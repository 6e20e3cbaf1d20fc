import { PROBLEM_MEDIA_TYPE, PROBLEMS, type ProblemCode, problemBody } from '@sluice/contract/problems'
import type { Acceptance } from './accept-events.ts'
import { type Refusal, tooLarge } from './request-head.ts'

/** One answer, ready to be written: header names and values alternate. */
export type Answer = { status: number; headers: readonly string[]; body: string; code: ProblemCode | null }

const JSON_TYPE = ['Content-Type', 'application/json'] as const
const PROBLEM_TYPE = ['Content-Type', PROBLEM_MEDIA_TYPE] as const
const REPLAYED = ['Idempotent-Replayed', 'true'] as const
const DEGRADED = ['Sluice-Degraded', 'gate'] as const
const AFTER_A_SECOND = ['Retry-After', '1'] as const

/** Whole seconds, rounded up, at least 1: RFC 9110, section 10.2.3. */
const retryAfter = (ms: number) => ['Retry-After', String(Math.max(1, Math.ceil(ms / 1000)))] as const

/** The answer to a request whose event went through the gate. */
export function toAnswer(acceptance: Acceptance, requestId: string): Answer {
  const answer =
    acceptance.type === 'accepted'
      ? accepted(acceptance.receiptId, acceptance.duplicate, requestId)
      : toProblem(refusalOf(acceptance), requestId)
  return { ...answer, headers: [...answer.headers, ...limitHeaders(acceptance)] }
}

/** What the gate had to say besides its verdict: the limit, and whether it was away. */
export function limitHeaders({ limit, degraded }: Pick<Acceptance, 'limit' | 'degraded'>): readonly string[] {
  const fields = limit === null ? [] : rateLimit(limit.left, limit.resetMs)
  return degraded ? [...fields, ...DEGRADED] : fields
}

/** Why an event was not accepted. */
export function refusalOf(acceptance: Exclude<Acceptance, { type: 'accepted' }>): Refusal {
  switch (acceptance.type) {
    case 'in_flight':
      return IN_FLIGHT
    case 'other_body':
      return REUSED
    case 'over_limit':
      return { ...LIMITED, headers: retryAfter(acceptance.retryAfterMs) }
    case 'too_large':
      return tooLarge(acceptance.limitBytes)
    case 'log_unavailable':
      return LOG_AWAY
    default:
      return acceptance satisfies never
  }
}

// Every part is made by us or matches a pattern without quotes, so that the text needs no escaping.
function accepted(receiptId: string, duplicate: boolean, requestId: string): Answer {
  return {
    status: 202,
    headers: duplicate ? [...JSON_TYPE, ...REPLAYED] : JSON_TYPE,
    body: `{"status":"accepted","duplicate":${duplicate},"receipt_id":"${receiptId}","request_id":"${requestId}"}`,
    code: null,
  }
}

/** Problem details (RFC 9457) of a refusal. */
export function toProblem(refusal: Refusal, requestId: string): Answer {
  const { code, detail, headers = [], errors, facts } = refusal
  return {
    status: PROBLEMS[code].status,
    headers: [...PROBLEM_TYPE, ...headers],
    body: JSON.stringify(problemBody(code, { detail, requestId, errors, extra: facts })),
    code,
  }
}

const IN_FLIGHT: Refusal = {
  code: 'IDEMPOTENCY_KEY_IN_FLIGHT',
  detail: 'The first request with this key is not finished. Send the same again after Retry-After.',
  headers: AFTER_A_SECOND,
}
const REUSED: Refusal = {
  code: 'IDEMPOTENCY_KEY_REUSED',
  detail: 'This key was used for an event with another body. Use one key per event.',
}
const LIMITED: Refusal = {
  code: 'RATE_LIMITED',
  detail: 'The tenant sent as many events as it may within a minute. Send the same again after Retry-After.',
}
const SAME_AGAIN = 'Nothing is promised; send the same again with the same key after Retry-After, which is always safe.'

export const LOG_AWAY: Refusal = {
  code: 'LOG_UNAVAILABLE',
  detail: `The log did not confirm the event. ${SAME_AGAIN}`,
  headers: AFTER_A_SECOND,
}
export const KEYS_AWAY: Refusal = {
  code: 'STORE_UNAVAILABLE',
  detail: `The API keys of the database are not known yet. ${SAME_AGAIN}`,
  headers: AFTER_A_SECOND,
}
export const OVERLOADED: Refusal = {
  code: 'OVERLOADED',
  detail: `More is under way than this process holds. ${SAME_AGAIN}`,
  headers: AFTER_A_SECOND,
}
export const UNAUTHENTICATED: Refusal = {
  code: 'UNAUTHENTICATED',
  detail: 'Send one API key of your tenant as X-API-Key or as a bearer token.',
  headers: ['WWW-Authenticate', 'Bearer realm="sluice"'],
}

/** The same for a right key: whoever guesses must not learn from the answer, and whoever shares the address sends again. */
export const TOO_MANY_WRONG_KEYS: Refusal = {
  code: 'TOO_MANY_WRONG_KEYS',
  detail: 'Nothing was looked at. Send the same again after Retry-After; if the key is in doubt, mend it first.',
  headers: AFTER_A_SECOND,
}

const policies = new Map<number, readonly string[]>()

/** `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-10: so many events in any 60 seconds. */
export function rateLimitPolicy(limitPerMin: number): readonly string[] {
  const known = policies.get(limitPerMin)
  if (known !== undefined) return known
  const policy = ['RateLimit-Policy', `"default";q=${limitPerMin};w=60`]
  policies.set(limitPerMin, policy)
  return policy
}

/** `RateLimit` of the same draft: what is left, and the seconds until there is more. */
function rateLimit(left: number, resetMs: number): readonly string[] {
  return ['RateLimit', `"default";r=${left};t=${Math.ceil(resetMs / 1000)}`]
}
