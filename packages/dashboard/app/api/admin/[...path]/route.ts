import { askUpstream } from '../../../../admin-api/client.ts'
import { AdminApiError } from '../../../../admin-api/errors.ts'
import { isSameOrigin } from '../../../../admin-api/loopback-host.ts'
import { listedQuery, matchRoute } from '../../../../admin-api/match-route.ts'
import { problem } from '../../../../admin-api/problem.ts'
import { mayAsk } from '../../../../admin-api/session.ts'

/** As admin's own limit. */
const MAX_BODY_CHARS = 1_048_576
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/

export const dynamic = 'force-dynamic'

export const GET = answer
export const POST = answer

/** The only way from a browser to the Admin API: passes on what `routes.ts` lists, and nothing else. */
async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url)
  const given = request.headers.get('x-request-id') ?? ''
  const requestId = REQUEST_ID.test(given) ? given : crypto.randomUUID()
  const match = matchRoute(request.method, url.pathname.slice('/api'.length))
  if (match === null) return problem(404, 'NOT_FOUND', 'This dashboard passes no such request on.', requestId)
  if (!(await mayAsk())) return problem(401, 'UNAUTHENTICATED', 'Sign in first.', requestId)

  let body: string | undefined
  if (request.method === 'POST') {
    if (!isSameOrigin(request.headers.get('origin'), request.headers.get('host')))
      return problem(403, 'FORBIDDEN', 'Changes are made from the pages of this dashboard only.', requestId)
    if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? ''))
      return problem(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send JSON.', requestId)
    if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_CHARS)
      return problem(413, 'TOO_LARGE', 'At most 1 MiB.', requestId)
    body = await request.text()
    if (body.length > MAX_BODY_CHARS) return problem(413, 'TOO_LARGE', 'At most 1 MiB.', requestId)
  }
  try {
    const upstream = await askUpstream(
      match.name,
      { ...listedQuery(match.route, url.searchParams), ...match.parameters },
      { requestId, signal: request.signal, ...(body === undefined ? {} : { body }) },
    )
    return new Response(upstream.text, {
      status: upstream.status,
      headers: {
        'Content-Type': upstream.contentType,
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
        'X-Request-Id': upstream.requestId,
        ...(upstream.retryAfter === null ? {} : { 'Retry-After': upstream.retryAfter }),
      },
    })
  } catch (error) {
    if (!(error instanceof AdminApiError)) throw error
    return problem(error.status, error.code, error.detail, error.requestId ?? requestId)
  }
}
