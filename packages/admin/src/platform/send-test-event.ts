import { ProblemBody } from '@sluice/contract/ingest-api'
import { ProblemError } from '@sluice/runtime/problem-error'
import { Compile } from 'typebox/compile'

/** Ingest answers within 5 s whatever happens behind it. */
const LIMIT_MS = 6_000

export type TestEvent = { eventId: string; idempotencyKey: string; body: string }

/** The same bytes for the same operation, so that sending it again is a repeat and not another event. */
export function testEventOf(operationId: string, askedAt: Date): TestEvent {
  const eventId = `test-event-${operationId}`
  const body = JSON.stringify({
    event_id: eventId,
    event_type: 'sluice.test',
    schema_version: 1,
    occurred_at: askedAt.toISOString(),
    payload: { message: 'Sent from the dashboard to see an event arrive.' },
  })
  return { eventId, idempotencyKey: eventId, body }
}

const isProblem = Compile(ProblemBody)
type Accepted = { receipt_id: string; duplicate: boolean }
const isAccepted = (body: unknown): body is Accepted =>
  typeof body === 'object' && body !== null && typeof (body as Accepted).receipt_id === 'string'

/**
 * Posts an event to ingest as any producer does.
 * @throws {ProblemError} when ingest does not take it, saying why as far as it told
 */
export async function sendTestEvent(
  ingestUrl: string,
  apiKey: string,
  requestId: string,
  { idempotencyKey, body }: TestEvent,
): Promise<{ receiptId: string; duplicate: boolean }> {
  let response: Response
  let answer: unknown
  try {
    response = await fetch(new URL('/events', ingestUrl), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': apiKey,
        'idempotency-key': idempotencyKey,
        'x-request-id': requestId,
      },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(LIMIT_MS),
    })
    answer = await response.json()
  } catch (cause) {
    throw new ProblemError('INGEST_UNAVAILABLE', 'Ingest did not answer. Send the same operation again.', { cause })
  }
  if (response.status === 202 && isAccepted(answer))
    return { receiptId: answer.receipt_id, duplicate: answer.duplicate === true }
  const code = isProblem.Check(answer) ? answer.code : null
  const extra = { ingest_status: response.status, ingest_code: code }
  if (response.status === 429 || response.status === 409 || response.status >= 500) {
    const retryAfter = response.headers.get('retry-after')
    throw new ProblemError(
      response.status === 429 ? 'RATE_LIMITED' : 'INGEST_UNAVAILABLE',
      'Ingest cannot take the event now. Send the same operation again.',
      { extra, ...(retryAfter === null ? {} : { headers: { 'Retry-After': retryAfter } }) },
    )
  }
  throw new ProblemError('INGEST_REFUSED', 'Ingest refused the event; ingest_code says why.', { extra })
}
