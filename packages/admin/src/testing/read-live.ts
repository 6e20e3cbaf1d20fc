import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import type { LiveItem } from '@sluice/contract/admin-api/live'
import { createEventStreamParser, type ServerSentEvent } from '@sluice/contract/event-stream'
import type { HttpApp } from '@sluice/runtime/http-app'
import { eventually } from '@sluice/runtime/testing/eventually'

/** Reads `/admin/live` until the test is over. */
export async function readLive(t: TestContext, app: HttpApp, query = '', headers: Record<string, string> = {}) {
  const response = await app.inject({
    url: `/admin/live${query}`,
    headers: { host: 'localhost:8081', ...headers },
    payloadAsStream: true,
  })
  const stream: Readable = response.stream()
  const parser = createEventStreamParser()
  const events: ServerSentEvent[] = []
  let ended = false
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => events.push(...parser.push(text)))
  stream.on('end', () => {
    ended = true
  })
  t.after(() => void stream.destroy())
  const items = () => events.filter(({ event }) => event === 'item').map(({ data }) => JSON.parse(data) as LiveItem)
  return {
    status: response.statusCode,
    headers: response.headers,
    events,
    items,
    /** Outcome and event id of each item, in order. */
    told: () => items().map(({ outcome, event_id: eventId }) => `${outcome} ${eventId}`),
    untilTold: (count: number) =>
      eventually(() => items().length >= count, { message: `${count} items, of which ${items().length} came,` }),
    untilEvent: (name: string) =>
      eventually(() => events.find(({ event }) => event === name), { message: `the event ${name}` }),
    ended: () => ended,
    lastEventId: () => parser.lastEventId() ?? '',
    close: () => stream.destroy(),
  }
}
