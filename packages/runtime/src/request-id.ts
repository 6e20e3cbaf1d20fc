import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isRequestId } from '@sluice/contract/identifiers'

/** The id of one request: its `X-Request-Id` when that follows the rule of http.md 1, else a new one. Node joins a repeated field by a comma, which breaks the rule. */
export function resolveRequestId(request: IncomingMessage): string {
  const sent = request.headers['x-request-id']
  return typeof sent === 'string' && isRequestId(sent) ? sent : randomUUID()
}
