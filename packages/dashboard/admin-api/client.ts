import 'server-only'
import { randomUUID } from 'node:crypto'
import { isKnownAnswer } from './answer-schemas.ts'
import { AdminApiError, toAdminApiError } from './errors.ts'
import { readAnswer } from './read-answer.ts'
import { type Answers, type Asked, pathOf, type QuestionName, ROUTES, type Route, type RouteName } from './routes.ts'
import { mayAsk } from './session.ts'
import { readSettings } from './settings.ts'

/** Admin answers within its own 5 s; longer is no answer. */
const LIMIT_MS = 10_000

export type UpstreamAnswer = {
  status: number
  text: string
  contentType: string
  requestId: string
  retryAfter: string | null
}

/**
 * Asks the Admin API, with the token. Whoever calls has checked the session.
 * @throws {AdminApiError} ADMIN_UNREACHABLE when it does not answer within 10 s, ADMIN_ANSWER_UNKNOWN when its answer is not the contract's
 */
export async function askUpstream(
  name: RouteName,
  asked: object,
  { body, requestId = randomUUID(), signal }: { body?: string; requestId?: string; signal?: AbortSignal } = {},
): Promise<UpstreamAnswer> {
  const { adminUrl, adminToken } = readSettings()
  const route: Route = ROUTES[name]
  // Not AbortSignal.timeout and any: they keep a question with its answer until the whole limit is over.
  const ended = new AbortController()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    ended.abort()
  }, LIMIT_MS)
  const leave = () => ended.abort()
  if (signal?.aborted === true) leave()
  signal?.addEventListener('abort', leave)
  const headers: Record<string, string> = { accept: 'application/json', 'x-request-id': requestId }
  if (adminToken !== null) headers.authorization = `Bearer ${adminToken}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  let response: Response
  let text: string
  try {
    response = await fetch(adminUrl + pathOf(name, asked), {
      method: route.method,
      headers,
      cache: 'no-store',
      redirect: 'error',
      signal: ended.signal,
      ...(body === undefined ? {} : { body }),
    })
    text = await response.text()
  } catch (error) {
    const detail = isLate ? `No answer within ${LIMIT_MS / 1000} s.` : 'No connection to its address.'
    throw Object.assign(new AdminApiError({ code: 'ADMIN_UNREACHABLE', status: 503, detail, requestId }), {
      cause: error,
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', leave)
  }
  if (isAnswer(route, response.status) && !isKnownAnswer(name, parseOrNull(text)))
    throw new AdminApiError({ code: 'ADMIN_ANSWER_UNKNOWN', status: 502, detail: 'It breaks the contract.', requestId })
  return {
    status: response.status,
    text,
    contentType: response.headers.get('content-type') ?? 'application/json',
    requestId: response.headers.get('x-request-id') ?? requestId,
    retryAfter: response.headers.get('retry-after'),
  }
}

/** One question of a page, for whoever is signed in. */
export async function ask<N extends QuestionName>(name: N, asked: Asked[N], signal?: AbortSignal): Promise<Answers[N]> {
  if (!(await mayAsk()))
    throw new AdminApiError({ code: 'UNAUTHENTICATED', status: 401, detail: 'Nobody is signed in.', requestId: null })
  const { status, text, requestId } = await askUpstream(name, asked, signal === undefined ? {} : { signal })
  if (!isAnswer(ROUTES[name], status)) throw toAdminApiError(status, parseOrNull(text), requestId)
  return readAnswer(text) as Answers[N]
}

export const isAnswer = ({ alsoAnswers = [] }: Route, status: number): boolean =>
  status === 200 || status === 201 || status === 202 || alsoAnswers.includes(status)

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON, so no answer of the Admin API: the caller says so.
    return null
  }
}
