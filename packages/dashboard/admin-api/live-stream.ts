import 'server-only'
import { AdminApiError, toAdminApiError } from './errors.ts'
import { listedQuery } from './match-route.ts'
import { LIVE_ROUTE } from './routes.ts'
import { readSettings } from './settings.ts'

/** As any other question for its beginning; then it lasts. */
const OPEN_LIMIT_MS = 10_000

type LiveRequest = { lastEventId: string | null; requestId: string; signal: AbortSignal }

/**
 * Opens the live stream of the Admin API, with the token. Whoever calls has checked the session.
 * @throws {AdminApiError} its own answer, or ADMIN_UNREACHABLE when there is none within 10 s
 */
export async function openLiveStream(
  query: URLSearchParams,
  { lastEventId, requestId, signal }: LiveRequest,
): Promise<ReadableStream<Uint8Array>> {
  const { adminUrl, adminToken } = readSettings()
  const opening = new AbortController()
  const timer = setTimeout(() => opening.abort(), OPEN_LIMIT_MS)
  const asked = new URLSearchParams(listedQuery(LIVE_ROUTE, query))
  let response: Response
  try {
    response = await fetch(`${adminUrl}${LIVE_ROUTE.pattern}?${asked}`, {
      headers: {
        accept: 'text/event-stream',
        'x-request-id': requestId,
        ...(adminToken === null ? {} : { authorization: `Bearer ${adminToken}` }),
        ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
      },
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.any([opening.signal, signal]),
    })
  } catch (error) {
    const detail = opening.signal.aborted
      ? `No answer within ${OPEN_LIMIT_MS / 1000} s.`
      : 'No connection to its address.'
    throw Object.assign(new AdminApiError({ code: 'ADMIN_UNREACHABLE', status: 503, detail, requestId }), {
      cause: error,
    })
  } finally {
    clearTimeout(timer)
  }
  if (response.ok && response.body !== null) return response.body
  throw toAdminApiError(response.status, await response.json().catch(() => null), requestId)
}
