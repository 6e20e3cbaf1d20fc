import { eventually } from '@sluice/runtime/testing/eventually'

/** What ingest answered; null status: no answer, the connection broke. */
export type Answer = { status: number; headers: Headers; body: Record<string, unknown> }

export type SendOptions = { key?: string; apiKey?: string; headers?: Record<string, string> }

/** Only ends a hang: how soon ingest answers is asked by the tests of that. */
const LIMIT_MS = 60_000

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
    signal: AbortSignal.timeout(LIMIT_MS),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: JSON.parse(text) as Record<string, unknown> }
}

/** Between two tries of a producer. */
const TRY_AGAIN = { pauseMs: 500, message: 'an answer that a busy machine leaves standing' }

/** Sends the same again until an answer is one to go on with. */
const sendUntil =
  (isEnough: (answer: Answer) => boolean) =>
  (ingestUrl: string, body: string | Uint8Array, options: SendOptions = {}): Promise<Answer> =>
    eventually(async () => {
      const answer = await send(ingestUrl, body, options)
      return isEnough(answer) && answer
    }, TRY_AGAIN)

/** As any producer: the same again while ingest says to come again (503), which a machine at its limit makes it say. */
export const sendPatiently = sendUntil(({ status }) => status !== 503)

/** Whether log and gate had their part in an answer: a gate that takes more than its 250 ms, as on a machine at its limit, has none. */
export const isWhole = ({ status, headers }: Answer): boolean => status !== 503 && !headers.has('sluice-degraded')

/**
 * Sends a first time what is to be known later: the same again until the gate has its part in the answer and nobody else holds the key.
 * An earlier try may have been accepted without it.
 */
export const sendThroughGate = sendUntil((answer) => isWhole(answer) && answer.status !== 409)

/**
 * Sends again under a key that the gate was told of: its first whole answer. A gate that was too slow for one of its calls may have missed
 * the end of the try before: it holds the key for 6 s (409), takes the event in once more, and knows it from then on.
 */
export function sendRepeat(ingestUrl: string, body: string, options: SendOptions = {}): Promise<Answer> {
  let hasMissed = false
  return eventually(async () => {
    const answer = await send(ingestUrl, body, options)
    const isPutOff = !isWhole(answer) || answer.status === 409
    hasMissed ||= isPutOff
    return !isPutOff && !(hasMissed && answer.body.duplicate === false) && answer
  }, TRY_AGAIN)
}

/** A valid event's text. */
export const eventText = (eventId: string, payload = '{"total":1.10}'): string =>
  `{"event_id":"${eventId}","event_type":"order.created","schema_version":1,"occurred_at":"2026-01-31T12:00:00Z","payload":${payload}}`
