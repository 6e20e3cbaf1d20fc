import {
  ByIdempotencyBody,
  ByIdempotencyQuery,
  EventSearchBody,
  EventSearchQuery,
  EventsBody,
  EventsQuery,
} from '@sluice/contract/admin-api/events'
import { listEvents } from '@sluice/event-store/queries/list-events'
import { type Found, searchByEventId, searchByIdempotencyKey } from '@sluice/event-store/queries/search'
import { GateUnavailableError, type KeyState } from '@sluice/gate'
import type { HttpApp } from '@sluice/runtime/http-app'
import type { AdminParts } from '../admin-parts.ts'
import { refuseForeignCursor, toDate } from '../http/parameters.ts'
import { jsonArray, sendJsonText } from '../http/raw-answer.ts'
import { deadLetterBody, eventJson } from './event-json.ts'

/** `/admin/events` and the two searches. Payloads leave as the store gives them: text, never parsed. */
export function addEventRoutes(app: HttpApp, { pool, gate }: AdminParts): void {
  app.get(
    '/admin/events',
    { schema: { summary: 'Stored events, newest first', querystring: EventsQuery, response: { 200: EventsBody } } },
    async ({ query }, reply) => {
      const { tenant, eventType, since, until, cursor, limit } = query
      const filter = {
        tenantId: tenant ?? null,
        eventType: eventType ?? null,
        since: toDate('since', since),
        until: toDate('until', until),
      }
      const page = await refuseForeignCursor(listEvents(pool, filter, { cursor: cursor ?? null, limit }))
      const data = jsonArray(page.rows.map(eventJson))
      return sendJsonText(reply, `{"data":${data},"next_cursor":${JSON.stringify(page.nextCursor)}}`)
    },
  )

  app.get(
    '/admin/event/search',
    { schema: { summary: 'By event id', querystring: EventSearchQuery, response: { 200: EventSearchBody } } },
    async ({ query }, reply) =>
      sendJsonText(reply, `{${foundJson(await searchByEventId(pool, query.tenant, query.eventId))}}`),
  )

  app.get(
    '/admin/event/by-idempotency',
    {
      schema: { summary: 'By idempotency key', querystring: ByIdempotencyQuery, response: { 200: ByIdempotencyBody } },
    },
    async ({ query }, reply) => {
      const { tenant, idempotencyKey } = query
      const [found, key] = await Promise.all([
        searchByIdempotencyKey(pool, tenant, idempotencyKey),
        findKey(gate, tenant, idempotencyKey),
      ])
      return sendJsonText(reply, `{${foundJson(found)},"key":${JSON.stringify(keyBody(key))}}`)
    },
  )
}

/** Null when the gate is away, too: then nothing is known of the key, and the rows are answered all the same. */
async function findKey(gate: AdminParts['gate'], tenantId: string, key: string): Promise<KeyState | null> {
  try {
    return await gate.find(tenantId, key)
  } catch (error) {
    if (error instanceof GateUnavailableError) return null
    throw error
  }
}

const keyBody = (key: KeyState | null) =>
  key === null ? { state: null, expires_at: null } : { state: key.state, expires_at: key.expiresAt.toISOString() }

function foundJson({ events, deadLetters }: Found): string {
  const bodies = deadLetters.map((deadLetter) => deadLetterBody(deadLetter, { event: false, original: false }))
  return `"events":${jsonArray(events.map(eventJson))},"dead_letters":${JSON.stringify(bodies)}`
}
