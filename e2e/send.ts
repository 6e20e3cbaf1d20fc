/** What ingest answered; null status: no answer, the connection broke. */
export type Answer = { status: number; headers: Headers; body: Record<string, unknown> }

export type SendOptions = { key?: string; apiKey?: string; headers?: Record<string, string> }

/** Posts one event. @throws TypeError when the connection breaks */
export async function send(ingestUrl: string, body: string | Uint8Array, options: SendOptions = {}): Promise<Answer> {
  const { key, apiKey = 'key_a', headers } = options
  const response = await fetch(`${ingestUrl}/events`, {
    method: 'POST',
    body: body as NonNullable<RequestInit['body']>,
    headers: {
      'Content-Type': 'application/json',
      ...(apiKey === '' ? {} : { 'X-API-Key': apiKey }),
      ...(key === undefined ? {} : { 'Idempotency-Key': key }),
      ...headers,
    },
    signal: AbortSignal.timeout(10_000),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: JSON.parse(text) as Record<string, unknown> }
}

/** A valid event's text. */
export const eventText = (eventId: string, payload = '{"total":1.10}'): string =>
  `{"event_id":"${eventId}","event_type":"order.created","schema_version":1,"occurred_at":"2026-01-31T12:00:00Z","payload":${payload}}`
