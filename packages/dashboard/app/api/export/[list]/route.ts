import { randomUUID } from 'node:crypto'
import { askUpstream, isAnswer } from '../../../../admin-api/client.ts'
import { AdminApiError, toAdminApiError } from '../../../../admin-api/errors.ts'
import { problem } from '../../../../admin-api/problem.ts'
import { readAnswer } from '../../../../admin-api/read-answer.ts'
import { ROUTES } from '../../../../admin-api/routes.ts'
import { mayAsk } from '../../../../admin-api/session.ts'
import { type AskPage, exportLines } from '../../../../export/export-lines.ts'
import { EXPORTED, isListName } from '../../../../export/exported-lists.ts'

export const dynamic = 'force-dynamic'

const MEDIA_TYPES = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' } as const

/** A list as a file, page by page as the Admin API gives it. */
export async function GET(request: Request, { params }: { params: Promise<{ list: string }> }): Promise<Response> {
  const requestId = randomUUID()
  const { list } = await params
  const parameters = new URL(request.url).searchParams
  const format = parameters.get('format')
  if (!isListName(list) || (format !== 'csv' && format !== 'ndjson'))
    return problem(404, 'NOT_FOUND', 'There is no such export.', requestId)
  if (!(await mayAsk())) return problem(401, 'UNAUTHENTICATED', 'Sign in first.', requestId)
  const name = EXPORTED[list].question
  const ask: AskPage = async (asked) => {
    const { status, text } = await askUpstream(name, asked, { requestId, signal: request.signal })
    if (!isAnswer(ROUTES[name], status)) throw toAdminApiError(status, readAnswer(text), requestId)
    return readAnswer(text) as Awaited<ReturnType<AskPage>>
  }
  const lines = exportLines(list, format, parameters, ask)
  try {
    // The first page is read before the answer begins: an Admin API that is away is still a 503.
    const begin = [(await lines.next()).value, format === 'csv' ? (await lines.next()).value : ''].join('')
    return new Response(streamOf(begin, lines), {
      headers: {
        'Content-Type': MEDIA_TYPES[format],
        'Content-Disposition': `attachment; filename="sluice-${list}-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${format}"`,
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
        'X-Request-Id': requestId,
      },
    })
  } catch (error) {
    if (!(error instanceof AdminApiError)) throw error
    return problem(error.status, error.code, error.detail, error.requestId ?? requestId)
  }
}

/** Read as fast as it is taken. An error on the way breaks the answer off. */
function streamOf(begin: string, lines: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(begin)),
    async pull(controller) {
      const { done, value } = await lines.next()
      if (done === true) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: async () => void (await lines.return(undefined)),
  })
}
