import { AdminApiError, toAdminApiError } from './errors.ts'
import { holdsProducersJson, readPlain } from './plain-answer.ts'
import {
  type Answers,
  type Asked,
  type Bodies,
  type ChangeAnswers,
  type ChangeName,
  pathOf,
  type QuestionName,
  ROUTES,
  type Route,
} from './routes.ts'

/** The dashboard's own server gives the Admin API 10 s; a little more is for the way. */
const LIMIT_MS = 12_000

/** @throws {AdminApiError} with code OFFLINE when the dashboard's own server does not answer */
export async function askBrowser<N extends QuestionName>(
  name: N,
  asked: Asked[N],
  signal: AbortSignal,
): Promise<Answers[N]> {
  return (await send(name, asked, { signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]) })) as Answers[N]
}

/** Asks for a change. Sent again with the same `operation_id` it is done once. */
export async function change<N extends ChangeName>(
  name: N,
  path: { id?: string },
  body: Bodies[N],
): Promise<ChangeAnswers[N]> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT_MS),
  }
  return (await send(name, path, init)) as ChangeAnswers[N]
}

async function send(name: QuestionName | ChangeName, asked: object, init: RequestInit): Promise<unknown> {
  const route: Route = ROUTES[name]
  let response: Response
  let body: unknown
  try {
    response = await fetch(`/api${pathOf(name, asked)}`, { cache: 'no-store', ...init })
    const text = await response.text()
    // The reader that keeps a producer's digits comes with the first answer that needs it: most hold no JSON of producers.
    body = holdsProducersJson(text) ? (await import('./read-answer.ts')).readAnswer(text) : readPlain(text)
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error
    const detail =
      (error as Error).name === 'TimeoutError' ? `No answer within ${LIMIT_MS / 1000} s.` : 'No connection.'
    throw Object.assign(new AdminApiError({ code: 'OFFLINE', status: 0, detail, requestId: null }), { cause: error })
  }
  const isAnswer = response.ok || (route.alsoAnswers?.includes(response.status) === true && !isProblem(response))
  if (!isAnswer) throw toAdminApiError(response.status, body, response.headers.get('x-request-id'))
  return body
}

const isProblem = (response: Response) => response.headers.get('content-type')?.includes('problem') === true
