import type { ServerResponse } from 'node:http'
import type { LiveItem } from '@sluice/contract/admin-api/live'
import { EVENT_STREAM_MEDIA_TYPE, toServerSentEvent } from '@sluice/contract/event-stream'
import { type FakeEvent, fakeEvent } from './fake-events.ts'
import type { FakeScenario } from './fake-numbers.ts'
import { isoTime } from './fake-random.ts'

const TURN_MS = 250
/** Some of before, which the real one does not tell: so that there is something to see at once. */
const FIRST_ITEMS = 60
/** Of a flood a quarter is shown. */
const FLOOD = { shown: 125, matched: 500 }

type LiveAsked = Readonly<{ tenant?: string; eventType?: string; outcome?: string }>

/** What happens on the platform in memory, until the reader leaves. */
export function streamFakeLive(
  response: ServerResponse,
  asked: LiveAsked,
  { scenario, now }: { scenario: () => FakeScenario; now: () => number },
): void {
  let index = Math.floor(now() / TURN_MS) - FIRST_ITEMS
  response.writeHead(200, { 'content-type': EVENT_STREAM_MEDIA_TYPE, 'cache-control': 'no-store' })
  const tell = (event: string, data: object) => response.write(toServerSentEvent(event, JSON.stringify(data)))
  const one = () => {
    index += 1
    for (const item of itemsOf(index, asked, now(), scenario())) tell('item', item)
  }
  tell('open', { as_of: isoTime(now()), resumed: false, max_per_second: 500 })
  if (scenario() !== 'first_run') for (let nth = 0; nth < FIRST_ITEMS; nth += 1) one()
  const timer = setInterval(() => {
    if (scenario() === 'first_run') return
    const isFlood = asked.tenant === 'huge'
    for (let nth = 0; nth < (isFlood ? FLOOD.shown : 1); nth += 1) one()
    if (!isFlood) return
    const { matched, shown } = FLOOD
    const until = isoTime(now())
    tell('left_out', { since: until, until, matched, shown, sampled: matched - shown, slow: 0, unread: 0 })
  }, TURN_MS)
  response.once('close', () => clearInterval(timer))
}

/** Accepted, and what became of it: one in seven is set aside, all wait while the processor is stopped. */
function itemsOf(index: number, asked: LiveAsked, nowMs: number, scenario: FakeScenario): LiveItem[] {
  // Of the huge tenant there are many here; what is huge of its events is their payload, which nobody sees.
  const event =
    asked.tenant === 'huge' ? { ...fakeEvent(index, undefined), tenantId: 'huge' } : fakeEvent(index, asked.tenant)
  const isBad = index % 7 === 3
  const items = [anItem('accepted', event, index, nowMs - 40)]
  if (scenario !== 'stopped') items.push(anItem(isBad ? 'dead_lettered' : 'stored', event, index, nowMs))
  return items.filter(
    ({ outcome, event_type: type }) =>
      (asked.outcome === undefined || asked.outcome === outcome) &&
      (asked.eventType === undefined || asked.eventType === type),
  )
}

function anItem(outcome: LiveItem['outcome'], event: FakeEvent, index: number, atMs: number): LiveItem {
  const isBad = outcome === 'dead_lettered'
  return {
    outcome,
    at: isoTime(atMs),
    tenant_id: event.tenantId,
    receipt_id: event.receiptId,
    event_id: event.eventId,
    event_type: event.eventType,
    idempotency_key: event.idempotencyKey,
    source: { topic: 'events.raw', partition: event.partition, offset: index },
    dead_letter_id: isBad ? event.receiptId : null,
    reason: isBad ? 'INVALID_FIELD' : null,
    pointer: isBad ? '/occurred_at' : null,
  }
}
