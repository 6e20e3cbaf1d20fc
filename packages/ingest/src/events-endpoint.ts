import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ArrivedEvent } from './accept-events.ts'
import {
  type CloudEvent,
  isBinary,
  isMediaType,
  keyOfCloudEvent,
  partitionKeyOfCloudEvent,
  readBinary,
  readStructured,
  STRUCTURED,
} from './cloud-events.ts'
import { toAnswer } from './event-answers.ts'
import { type EventsEndpointParts, handle, type Intake, type Sender } from './exchange.ts'
import { refuseBody, refuseStrictly, toArrived } from './read-event.ts'
import { idempotencyKeyOf, partitionKeyOf, type Refusal, tooLarge } from './request-head.ts'

export type EventsEndpoint = (request: IncomingMessage, response: ServerResponse) => void

/** `POST /events`: one event, with its idempotency key in the head, or one CloudEvent. */
export function createEventsEndpoint(parts: EventsEndpointParts): EventsEndpoint {
  const intake: Intake = {
    route: '/events',
    mediaTypes: ['application/json', STRUCTURED],
    maxBytes: parts.maxEventBytes,
    tooLarge: tooLarge(parts.maxEventBytes),
    take(exchange, body, sender) {
      const event = isCloudEvent(sender) ? toEventOfCloud(body, sender, parts) : toEvent(body, sender, parts.ratePerMin)
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

const isCloudEvent = ({ headers }: Sender) => isBinary(headers) || isMediaType(headers, STRUCTURED)

function toEventOfCloud(
  body: Buffer,
  sender: Sender,
  { clock, ratePerMin }: Pick<EventsEndpointParts, 'clock' | 'ratePerMin'>,
): ArrivedEvent | Refusal {
  const { headers } = sender
  const receivedAt = new Date(clock.now()).toISOString()
  const event = isMediaType(headers, STRUCTURED)
    ? readStructured(body, receivedAt)
    : readBinary(headers, body, receivedAt)
  if ('code' in event) return event
  const key = headers['idempotency-key'] === undefined ? keyOfCloudEvent(event) : idempotencyKeyOf(headers)
  if ('code' in key) return key
  const partition = partitionKeyOf(headers)
  if ('code' in partition) return partition
  return arriveAsCloudEvent(sender, event, { ...key, ...partition, limitPerMin: ratePerMin })
}

/** The event under its keys, or why it is not taken: the last checks, which a batch's events pass as well. */
export function arriveAsCloudEvent(
  sender: Sender,
  event: CloudEvent,
  { key, partitionKey, limitPerMin }: { key: string; partitionKey: string | null; limitPerMin: number },
): ArrivedEvent | Refusal {
  const partition = partitionKeyOfCloudEvent(event, partitionKey)
  if ('code' in partition) return partition
  const invalid = refuseStrictly(sender, event.body)
  if (invalid !== null) return invalid
  const keys = { idempotencyKey: key, ...partition, limitPerMin }
  return toArrived(sender, event.body, keys, event.fingerprint)
}
