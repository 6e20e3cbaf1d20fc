import { randomUUID } from 'node:crypto'
import type { Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ProblemCode } from '@sluice/contract/problems'
import { rawProblem } from './problem-response.ts'
import { resolveRequestId } from './request-id.ts'

// Closing a connection with unread bytes in it sends a reset, and a reset can take our answer away from the sender before it was
// read. So after the answer we wait for the other end, but not longer than this.
const LINGER_MS = 1_000

const DETAILS = {
  REQUEST_TIMEOUT:
    'The head must arrive within 5 seconds and the whole request within 10. Nothing was taken in: send the same again.',
  HEADERS_TOO_LARGE: 'The request line and header fields together may have at most 8 KiB.',
  TOO_LARGE: 'The chunk extensions of the body are too large; leave them out.',
  BAD_REQUEST: 'The request is not well-formed HTTP/1.1.',
} as const satisfies Partial<Record<ProblemCode, string>>

const CODE_OF_ERROR: Readonly<Record<string, keyof typeof DETAILS>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'TOO_LARGE',
}

/**
 * Answers what Node could not read as a request (400, 408, 413, 431) with a problem, and closes the connection.
 *
 * A request on the same connection that was read whole keeps its own answer: telling its sender 400 for bytes that came after it would
 * say "refused" of an event that may be in the log. The connection is closed after that answer.
 * @param responseOf the response to the last request that was read, at least its head, on a connection
 */
export function answerClientErrors(server: Server, responseOf: (socket: Duplex) => ServerResponse | undefined): void {
  const given = new WeakSet<Duplex>() // connections that are being closed; each further byte on one is an error again
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (given.has(socket)) return
    given.add(socket)
    const response = responseOf(socket)
    const underWay = response !== undefined && !response.writableFinished && !response.destroyed
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
    if (underWay && response.req.complete) {
      if (!response.headersSent) response.setHeader('Connection', 'close')
      response.once('close', () => socket.destroy())
      return
    }
    // A response without a socket waits behind the answers to earlier requests, which ours would overtake.
    if (underWay && (response.headersSent || response.socket === null)) return void socket.destroy()
    const code = CODE_OF_ERROR[error.code ?? ''] ?? 'BAD_REQUEST'
    socket.end(
      rawProblem(code, { detail: DETAILS[code], requestId: underWay ? resolveRequestId(response.req) : randomUUID() }),
    )
    const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref()
    socket.once('close', () => clearTimeout(linger))
  })
}
