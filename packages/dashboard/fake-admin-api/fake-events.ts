import { isoTime, noise, pick, receiptAt } from './fake-random.ts'

export const FAKE_TENANTS = ['billing', 'shop', 'tenant_a'] as const
const TYPES = ['order.created', 'order.paid', 'invoice.sent', 'user.signed_up', 'parcel.handed_over', 'stock.changed']
/** One event in the list every 3 s. */
const STEP_MS = 3_000

/** Tenants whose events are unlike those of others have receipts of their own: a receipt leads back to one event. */
const OWN_RECEIPTS: Readonly<Record<string, number>> = { huge: 20_000, hostile: 40_000 }

export const HOSTILE_TEXT = `<img src=x onerror="document.title='owned'">\u202egnp.exe\u0000\u200b'; DROP TABLE events;-- {{7*7}} =cmd()`

/** Made once: 400 of them for each question would keep the fake busy for seconds. */
const HUGE_PAYLOAD = `{"rows": [${Array.from({ length: 3_000 }, (_, row) => `{"row": ${row}, "text": "${'lorem ipsum '.repeat(5)}"}`).join()}]}`

const HOSTILE_PAYLOAD = JSON.stringify({
  [HOSTILE_TEXT]: HOSTILE_TEXT,
  long: 'y'.repeat(10_000),
  link: 'javascript:alert(1)',
})

export type FakeEvent = {
  receiptId: string
  tenantId: string
  eventId: string
  idempotencyKey: string
  eventType: string
  occurredMs: number
  receivedMs: number
  processedMs: number
  /** As sent: JSON text. */
  payload: string
  extra: string | null
  partition: number
  offset: number
}

/** The newest events before a moment, newest first. */
export function fakeEvents(
  nowMs: number,
  { tenant, eventType }: { tenant?: string | undefined; eventType?: string | undefined },
): FakeEvent[] {
  const newest = Math.floor(nowMs / STEP_MS)
  const events = Array.from({ length: 400 }, (_, age) => fakeEvent(newest - age, tenant))
  return events.filter((event) => eventType === undefined || event.eventType === eventType)
}

export function fakeEvent(index: number, tenant: string | undefined): FakeEvent {
  const receivedMs = index * STEP_MS
  const tenantId = tenant ?? pick(FAKE_TENANTS, index, 1)
  const eventType = pick(TYPES, index, 2)
  const isHostile = tenant === 'hostile'
  const number = 1_000_000 + (index % 900_000)
  return {
    receiptId: receiptAt(receivedMs, (index + (OWN_RECEIPTS[tenant ?? ''] ?? 0)) % 65_000),
    tenantId,
    eventId: isHostile ? `${HOSTILE_TEXT} ${'x'.repeat(180)}` : `${eventType.split('.')[0]}-${number}`,
    idempotencyKey: `${eventType.split('.')[0]}-${number}-v1`,
    eventType: isHostile ? HOSTILE_TEXT : eventType,
    occurredMs: receivedMs - 20 - Math.floor(noise(index, 3) * 900),
    receivedMs,
    processedMs: receivedMs + 18 + Math.floor(noise(index, 4) * 60),
    payload: tenant === 'huge' ? HUGE_PAYLOAD : isHostile ? HOSTILE_PAYLOAD : payloadOf(index, number),
    extra: index % 5 === 0 ? '{"trace":"kept as sent"}' : null,
    partition: index % 6,
    offset: Math.floor(index / 6) % 1_000_000,
  }
}

const payloadOf = (index: number, number: number): string =>
  `{"order": ${number}, "total": ${(noise(index, 5) * 400).toFixed(2).replace(/.$/, '0')}, "ledger_id": 12345678901234567890, "currency": "EUR",\n "lines": [{"sku": "A-${index % 97}", "quantity": ${1 + (index % 4)}, "price": 1.10}, {"sku": "B-${index % 31}", "quantity": 1, "price": 24.00}],\n "customer": {"country": "DE", "is_new": ${index % 2 === 0}, "note": null}}`

/** As the Admin API answers it: payload and extra are spliced in as they are. */
export function fakeEventJson(event: FakeEvent): string {
  const head = JSON.stringify({
    receipt_id: event.receiptId,
    tenant_id: event.tenantId,
    event_id: event.eventId,
    idempotency_key: event.idempotencyKey,
    event_type: event.eventType,
    schema_version: 1,
    occurred_at: isoTime(event.occurredMs),
    received_at: isoTime(event.receivedMs),
    processed_at: isoTime(event.processedMs),
    status: 'stored',
  })
  const tail = JSON.stringify({
    fingerprint: `${'c0ffee'.repeat(10)}c0de`,
    source: { topic: 'events.raw', partition: event.partition, offset: event.offset },
  })
  return `${head.slice(0, -1)},"payload":${event.payload},"extra":${event.extra ?? 'null'},${tail.slice(1)}`
}
