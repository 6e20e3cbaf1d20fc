import { randomUUID } from 'node:crypto'
import { AdminApiError } from '../../../../admin-api/errors.ts'
import { openLiveStream } from '../../../../admin-api/live-stream.ts'
import { problem } from '../../../../admin-api/problem.ts'
import { mayAsk } from '../../../../admin-api/session.ts'

export const dynamic = 'force-dynamic'

/** The live stream, passed on as it comes. It ends upstream when the tab closes. */
export async function GET(request: Request): Promise<Response> {
  const requestId = randomUUID()
  if (!(await mayAsk())) return problem(401, 'UNAUTHENTICATED', 'Sign in first.', requestId)
  try {
    const stream = await openLiveStream(new URL(request.url).searchParams, {
      lastEventId: request.headers.get('last-event-id'),
      requestId,
      signal: request.signal,
    })
    return new Response(stream, {
      headers: {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
        'X-Content-Type-Options': 'nosniff',
        'X-Request-Id': requestId,
      },
    })
  } catch (error) {
    if (!(error instanceof AdminApiError)) throw error
    return problem(error.status, error.code, error.detail, error.requestId ?? requestId)
  }
}
