import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { PROBLEM_MEDIA_TYPE, PROBLEMS, type ProblemCode, problemBody } from '@sluice/contract/problems'
import type { ProblemFacts } from './problem-error.ts'
import { resolveRequestId } from './request-id.ts'

export interface RenderedProblem {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type ProblemCase = Omit<ProblemFacts, 'cause'> & { readonly detail: string; readonly requestId: string }

/** Fields that every answer of ours carries. */
const COMMON = { 'Cache-Control': 'no-store' } as const

// One object per code, made once: of an answer only its request id and length differ.
const FIXED_HEADERS = Object.fromEntries(
  Object.entries(PROBLEMS).map(([code, { status }]) => [
    code,
    { 'Content-Type': PROBLEM_MEDIA_TYPE, ...COMMON, ...defaultsOf(status) },
  ]),
) as unknown as Readonly<Record<ProblemCode, Readonly<Record<string, string>>>>

function defaultsOf(status: number): Readonly<Record<string, string>> {
  if (status === 401) return { 'WWW-Authenticate': 'Bearer realm="sluice"' }
  return status === 409 || status === 429 || status === 503 ? { 'Retry-After': '1' } : {}
}

/** A problem as status, fields (content type, length, request id, `Cache-Control`, `Retry-After` where http.md 1 wants one) and body. */
export function renderProblem(
  code: ProblemCode,
  { detail, requestId, errors, headers, extra }: ProblemCase,
): RenderedProblem {
  const body = JSON.stringify(problemBody(code, { detail, requestId, errors, extra }))
  return {
    status: PROBLEMS[code].status,
    headers: {
      ...FIXED_HEADERS[code],
      ...headers,
      'X-Request-Id': requestId,
      'Content-Length': String(Buffer.byteLength(body)),
    },
    body,
  }
}

/** Answers with a problem on bare node:http. Does nothing when the answer has begun: two parts of a process may both want to end a request. */
export function writeProblem(response: ServerResponse, code: ProblemCode, problem: ProblemCase): void {
  if (response.headersSent || response.writableEnded) return
  const { status, headers, body } = renderProblem(code, problem)
  response.writeHead(status, headers).end(body)
}

/** What {@link writeProblem} answers, for a connection whose request could not be read and so has no response object; the connection is to be closed after it. */
export function rawProblem(code: ProblemCode, problem: ProblemCase): string {
  const { status, headers, body } = renderProblem(code, problem)
  const fields = Object.entries({ ...headers, Date: new Date().toUTCString(), Connection: 'close' })
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}

/** Answers 503 SHUTTING_DOWN and lets go of the connection. */
export function writeShuttingDown(request: IncomingMessage, response: ServerResponse): void {
  writeProblem(response, 'SHUTTING_DOWN', {
    detail: 'This process is leaving. Send the same again on a new connection; that is always safe with the same key.',
    requestId: resolveRequestId(request),
    headers: { Connection: 'close' },
  })
}
