import { AuditBody, AuditQuery } from '@sluice/contract/admin-api/audit'
import { type AuditRow, listAudit } from '@sluice/event-store/queries/audit'
import type { HttpApp } from '@sluice/runtime/http-app'
import type { AdminParts } from '../admin-parts.ts'
import { refuseForeignCursor, toDate } from '../http/parameters.ts'
import { jsonArray, sendJsonText } from '../http/raw-answer.ts'

/** `/admin/audit`: every change that people asked for. */
export function addAuditRoutes(app: HttpApp, { pool }: AdminParts): void {
  app.get(
    '/admin/audit',
    { schema: { summary: 'Changes, newest first', querystring: AuditQuery, response: { 200: AuditBody } } },
    async ({ query }, reply) => {
      const { action = null, target = null, cursor = null, limit } = query
      const filter = { action, target, since: toDate('since', query.since), until: toDate('until', query.until) }
      const { rows, nextCursor } = await refuseForeignCursor(listAudit(pool, filter, { cursor, limit }))
      const data = jsonArray(rows.map(entryJson))
      return sendJsonText(reply, `{"data":${data},"next_cursor":${JSON.stringify(nextCursor)}}`)
    },
  )
}

/** What was before and after leaves as the store gives it: text, numbers with all their digits. */
function entryJson({ operationId, requestId, before, after, ...rest }: AuditRow): string {
  const head = JSON.stringify({ operation_id: operationId, ...rest, request_id: requestId })
  return `${head.slice(0, -1)},"before":${before ?? 'null'},"after":${after ?? 'null'}}`
}
