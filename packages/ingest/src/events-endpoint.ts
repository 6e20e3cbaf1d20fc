import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ArrivedEvent } from './accept-events.ts'
import { toAnswer } from './event-answers.ts'
import { type EventsEndpointParts, handle, type Intake, type Sender } from './exchange.ts'
import { refuseBody, refuseStrictly, toArrived } from './read-event.ts'
import { idempotencyKeyOf, partitionKeyOf, type Refusal, tooLarge } from './request-head.ts'

export type EventsEndpoint = (request: IncomingMessage, response: ServerResponse) => void

/** `POST /events`: one event, with its idempotency key in the head. */
export function createEventsEndpoint(parts: EventsEndpointParts): EventsEndpoint {
  const intake: Intake = {
    route: '/events',
    mediaTypes: ['application/json'],
    maxBytes: parts.maxEventBytes,
    tooLarge: tooLarge(parts.maxEventBytes),
    take(exchange, body, sender) {
      const event = toEvent(body, sender, parts.ratePerMin)
      if ('code' in event) exchange.refuse(event)
      else exchange.submit(event, (acceptance) => exchange.write(toAnswer(acceptance, sender.requestId)))
    },
  }
  return (request, response) => handle(parts, intake, request, response)
}

function toEvent(body: Buffer, sender: Sender, limitPerMin: number): ArrivedEvent | Refusal {
  const malformed = refuseBody(body)
  if (malformed !== null) return malformed
  const key = idempotencyKeyOf(sender.headers)
  if ('code' in key) return key
  const partition = partitionKeyOf(sender.headers)
  if ('code' in partition) return partition
  const invalid = refuseStrictly(sender, body)
  if (invalid !== null) return invalid
  return toArrived(sender, body, { idempotencyKey: key.key, partitionKey: partition.partitionKey, limitPerMin })
}
