import { listEventErrors } from '@sluice/contract/event'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import { checkObject, type JsonProblem } from '@sluice/contract/i-json'
import type { ArrivedEvent } from './accept-events.ts'
import type { Sender } from './exchange.ts'
import { type Refusal, traceparentOf, wantsStrictHandling } from './request-head.ts'

/** Why these bytes are no event that the log takes: what http.md asks of every event, whatever it came in. Null: nothing. */
export function refuseBody(body: Uint8Array): Refusal | null {
  const malformed = checkObject(body)
  return malformed === null ? null : toRefusal(malformed)
}

export function toRefusal({ code, detail, offset, pointer }: JsonProblem): Refusal {
  return { code, detail, facts: { offset }, ...(pointer === null ? {} : { errors: [{ pointer, detail }] }) }
}

/** What the processor would say, for a sender that asks to know beforehand. Null when it does not ask, or nothing is wrong. */
export function refuseStrictly({ headers }: Sender, body: Uint8Array): Refusal | null {
  if (!wantsStrictHandling(headers)) return null
  const errors = listEventErrors(body)
  return errors.length === 0 ? null : { code: 'INVALID_EVENT', detail: 'The event would be dead-lettered.', errors }
}

/** The event as it goes through the gate into the log. `fingerprint` is that of what was sent, where that is not the body. */
export function toArrived(
  { headers, tenantId, requestId }: Sender,
  body: Uint8Array,
  keys: { idempotencyKey: string; partitionKey: string | null; limitPerMin: number },
  fingerprint = fingerprintOf(body),
): ArrivedEvent {
  return { ...keys, tenantId, body, fingerprint, requestId, traceparent: traceparentOf(headers) }
}
