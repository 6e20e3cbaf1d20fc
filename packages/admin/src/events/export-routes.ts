import { Readable } from 'node:stream'
import { IdentitiesQuery, Identity, NDJSON_MEDIA_TYPE } from '@sluice/contract/admin-api/identities'
import { type ExportedIdentity, exportIdentities } from '@sluice/event-store/queries/export-identities'
import type { HttpApp } from '@sluice/runtime/http-app'
import type { FastifyReply } from 'fastify'
import type { AdminParts } from '../admin-parts.ts'
import { toDate } from '../http/parameters.ts'

/** `/admin/export/identities`: every event that has a place, for those who compare it with what they sent. */
export function addExportRoutes(app: HttpApp, { pool }: AdminParts): void {
  app.get(
    '/admin/export/identities',
    {
      schema: {
        summary: 'Every stored event and dead letter, one a line; a broken answer is not whole',
        querystring: IdentitiesQuery,
        response: { 200: { content: { [NDJSON_MEDIA_TYPE]: { schema: Identity } } } },
      },
    },
    async ({ query }, reply) => {
      const pages = exportIdentities(pool, {
        tenantId: query.tenant ?? null,
        since: toDate('since', query.since),
        until: toDate('until', query.until),
        withContent: query.include === 'content',
      })
      // The first page is read before the answer begins: a store that is away is still a 503.
      const first = await pages.next()
      const lines = Readable.from(first.done ? [] : linesOf(first.value, pages), { objectMode: false })
      return sendLines(reply, lines)
    },
  )
}

/** The schema describes one line; what is sent is a stream of them. */
const sendLines = (reply: FastifyReply, lines: Readable) => reply.header('Content-Type', NDJSON_MEDIA_TYPE).send(lines)

async function* linesOf(first: ExportedIdentity[], rest: AsyncGenerator<ExportedIdentity[]>): AsyncGenerator<Buffer> {
  yield toLines(first)
  for await (const page of rest) yield toLines(page)
}

const toLines = (page: readonly ExportedIdentity[]) =>
  Buffer.from(page.map((identity) => `${JSON.stringify(toLine(identity))}\n`).join(''))

function toLine(identity: ExportedIdentity): Identity {
  const { place, tenantId, idempotencyKey, fingerprint, receiptId } = identity
  const line = { place, tenant_id: tenantId, idempotency_key: idempotencyKey, fingerprint, receipt_id: receiptId }
  if (identity.place === 'dead_letter') {
    const { state, reason, original } = identity
    return { ...line, state, reason, ...(original === null ? {} : { original: original.toString('base64') }) }
  }
  const { content } = identity
  return {
    ...line,
    state: 'stored',
    reason: null,
    ...(content === null
      ? {}
      : {
          event_id: content.eventId,
          event_type: content.eventType,
          schema_version: content.schemaVersion,
          occurred_at: content.occurredAt,
          payload: content.payload,
          extra: content.extra,
        }),
  }
}
