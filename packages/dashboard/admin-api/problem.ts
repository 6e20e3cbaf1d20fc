import { randomUUID } from 'node:crypto'

/** An answer of this server itself in the form of the Admin API's problems: RFC 9457. */
export function problem(status: number, code: string, detail: string, requestId: string = randomUUID()): Response {
  const body = { type: 'about:blank', title: TITLES[status] ?? 'Refused', status, detail, code, request_id: requestId }
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'X-Request-Id': requestId,
      ...(status === 503 || status === 429 ? { 'Retry-After': '1' } : {}),
    },
  })
}

const TITLES: Readonly<Record<number, string>> = {
  401: 'No valid session',
  403: 'Not allowed from here',
  404: 'Nothing is here',
  405: 'The method is not allowed here',
  413: 'The body is too large',
  415: 'The media type is not supported',
  429: 'Too many tries',
  502: 'The Admin API gave an answer that this dashboard does not know',
  503: 'The Admin API does not answer',
}
