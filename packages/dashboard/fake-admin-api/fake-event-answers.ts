import { listed } from './fake-dead-letters.ts'
import { type FakeEvent, fakeEvent, fakeEventJson, fakeEvents } from './fake-events.ts'
import { FakeRefusal } from './fake-ledger.ts'
import { isoTime, receiptAt } from './fake-random.ts'
import { fakeReceipt } from './fake-receipts.ts'
import type { FakeAnswers, FakeAsked, FakeSituation } from './fake-situation.ts'

/** Stored events, where one is, and the test event that somebody sends. */
export const eventAnswers = (
  at: FakeSituation,
): Pick<FakeAnswers, 'events' | 'searchEvent' | 'byIdempotencyKey' | 'receipt' | 'testEvent'> => ({
  events: (asked) => {
    const all = eventsOf(at, asked)
    const from = Number(asked.cursor ?? 0)
    const limit = Number(asked.limit ?? 50)
    const next = from + limit < all.length ? `"${from + limit}"` : 'null'
    return `{"data":[${all
      .slice(from, from + limit)
      .map(fakeEventJson)
      .join()}],"next_cursor":${next}}`
  },
  searchEvent: ({ tenant, eventId }) =>
    found(
      at,
      tenant,
      ({ eventId: id }) => id === eventId,
      (letter) => letter.event_id === eventId,
    ),
  byIdempotencyKey: ({ tenant, idempotencyKey }) => {
    const text = found(
      at,
      tenant,
      ({ idempotencyKey: key }) => key === idempotencyKey,
      (letter) => letter.idempotency_key === idempotencyKey,
    )
    const isFound = !text.startsWith('{"events":[],"dead_letters":[]')
    const key = isFound
      ? { state: 'accepted', expires_at: isoTime(at.now() + 1_200_000) }
      : { state: null, expires_at: null }
    return `${text.slice(0, -1)},"key":${JSON.stringify(key)}}`
  },
  receipt: ({ receipt_id = '' }) =>
    fakeReceipt(receipt_id, {
      ledger: at.ledger,
      sent: at.sent,
      nowMs: at.now(),
      isProcessing: at.scenario !== 'stopped',
    }),
  testEvent: (_, body: { operation_id: string; tenant_id: string }) =>
    at.ledger.once(body.operation_id, () => sendTest(at, body)),
})

function eventsOf(at: FakeSituation, asked: FakeAsked): FakeEvent[] {
  const made = at.isFirstRun() ? [] : fakeEvents(at.now(), { tenant: asked.tenant, eventType: asked.eventType })
  const all = [...at.processedTests(), ...made]
  return all.filter(
    ({ receivedMs }) =>
      (asked.since === undefined || isoTime(receivedMs) >= asked.since) &&
      (asked.until === undefined || isoTime(receivedMs) < asked.until),
  )
}

function found(
  at: FakeSituation,
  tenant: string | undefined,
  isEvent: (event: FakeEvent) => boolean,
  isLetter: (letter: { event_id: string | null; idempotency_key: string | null }) => boolean,
): string {
  const events = eventsOf(at, {}).filter((event) => event.tenantId === tenant && isEvent(event))
  const letters = at.ledger.list({}).filter((letter) => letter.tenant_id === tenant && isLetter(letter))
  return `{"events":[${events.map(fakeEventJson).join()}],"dead_letters":${JSON.stringify(letters.map(listed))}}`
}

function sendTest(at: FakeSituation, { operation_id, tenant_id }: { operation_id: string; tenant_id: string }) {
  if (!['tenant_a', 'shop'].includes(tenant_id))
    throw new FakeRefusal(422, 'NO_KEY_FOR_TENANT', `Admin holds no API key of ${tenant_id}.`)
  const nowMs = at.now()
  const receiptId = receiptAt(nowMs, at.sent.size + 1)
  const made = fakeEvent(Math.floor(nowMs / 3_000), tenant_id)
  const event: FakeEvent = {
    ...made,
    receiptId,
    eventId: `test-${at.sent.size + 1}`,
    idempotencyKey: `test-${operation_id}`,
    eventType: 'sluice.test',
    receivedMs: nowMs,
    processedMs: nowMs + 41,
    payload: '{"sent_from": "dashboard"}',
    extra: null,
  }
  at.sent.set(receiptId, { event, operationId: operation_id })
  return {
    operation_id,
    tenant_id,
    receipt_id: receiptId,
    event_id: event.eventId,
    idempotency_key: event.idempotencyKey,
    duplicate: false,
  }
}
