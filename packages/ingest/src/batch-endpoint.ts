import { scanObject } from '@sluice/contract/i-json'
import { parseIdempotencyKey } from '@sluice/contract/identifiers'
import type { Acceptance, ArrivedEvent } from './accept-events.ts'
import { type ItemResult, toBatchAnswer, toItemResult } from './batch-answer.ts'
import { BROKEN_ARRAY, splitArray, splitLines } from './batch-items.ts'
import { BATCHED, isMediaType, keyOfCloudEvent, readStructured } from './cloud-events.ts'
import { arriveAsCloudEvent, type EventsEndpoint } from './events-endpoint.ts'
import { type EventsEndpointParts, type Exchange, handle, type Intake, type Sender } from './exchange.ts'
import { refuseBody, refuseStrictly, toArrived, toRefusal } from './read-event.ts'
import { idempotencyKeyOf, KEY_RULE, partitionKeyOf, type Refusal, tooLarge } from './request-head.ts'

/** Bytes of one request, unpacked. */
const MAX_BATCH_BYTES = 4_194_304
const LINES = 'application/x-ndjson'

/** `POST /events/batch`: up to 1,000 events, each judged on its own; one result each, in order. */
export function createBatchEndpoint(parts: EventsEndpointParts): EventsEndpoint {
  const intake: Intake = {
    route: '/events/batch',
    mediaTypes: [LINES, 'application/json', BATCHED],
    maxBytes: MAX_BATCH_BYTES,
    tooLarge: {
      code: 'TOO_LARGE',
      detail: `The batch is larger than the ${MAX_BATCH_BYTES} bytes that are taken. Send it in several requests.`,
      facts: { limit_bytes: MAX_BATCH_BYTES },
    },
    take(exchange, body, sender) {
      const items = readItems(parts, body, sender)
      if ('code' in items) exchange.refuse(items)
      else judgeItems(parts, exchange, items, sender.requestId)
    },
  }
  return (request, response) => handle(parts, intake, request, response)
}

type Item = ArrivedEvent | Refusal

/** What became of each item is written once all are known, in one answer. */
function judgeItems(
  { metrics }: EventsEndpointParts,
  exchange: Exchange,
  items: readonly Item[],
  requestId: string,
): void {
  const results = new Array<ItemResult>(items.length)
  const acceptances: Acceptance[] = []
  let open = items.length
  const settle = (index: number, result: ItemResult) => {
    results[index] = result
    if (result.code !== null) metrics.itemRefused(result.code)
    open -= 1
    if (open === 0) exchange.write(toBatchAnswer(results, acceptances, requestId))
  }
  for (const [index, item] of items.entries()) {
    if ('code' in item) settle(index, toItemResult(index, item))
    else
      exchange.submit(item, (acceptance) => {
        acceptances.push(acceptance)
        settle(index, toItemResult(index, acceptance))
      })
  }
}

function readItems(parts: EventsEndpointParts, body: Buffer, sender: Sender): readonly Item[] | Refusal {
  const isLines = sender.headers['content-type']?.[0]?.toLowerCase().startsWith(LINES) ?? false
  const bodies = isLines ? splitLines(body) : splitArray(body)
  if ('code' in bodies) return bodies
  const partition = partitionKeyOf(sender.headers)
  if ('code' in partition) return partition
  const base = baseKeyOf(sender)
  if (base !== null && 'code' in base) return base
  const { partitionKey } = partition
  const isCloud = isMediaType(sender.headers, BATCHED)
  const items = bodies.map((bytes, index): Item => {
    if (isCloud)
      return readCloudItem(parts, sender, bytes, {
        key: base === null ? null : composeKey(base.key, index),
        partitionKey,
      })
    const checkAndName = base === null ? nameById : (body: Buffer) => refuseBody(body) ?? composeKey(base.key, index)
    return readItem(parts, sender, bytes, { checkAndName, partitionKey })
  })
  const isBroken = !isLines && items.some((item) => 'code' in item && item.code === 'MALFORMED_BODY')
  return isBroken ? BROKEN_ARRAY : items
}

type Naming = {
  /** The key of an event that the log takes, or why there is none. */
  checkAndName: (body: Buffer) => { key: string } | Refusal
  partitionKey: string | null
}

function readItem(
  { maxEventBytes, ratePerMin }: EventsEndpointParts,
  sender: Sender,
  body: Buffer,
  { checkAndName, partitionKey }: Naming,
): Item {
  if (body.length > maxEventBytes) return tooLarge(maxEventBytes)
  const key = checkAndName(body)
  if ('code' in key) return key
  return (
    refuseStrictly(sender, body) ??
    toArrived(sender, body, { idempotencyKey: key.key, partitionKey, limitPerMin: ratePerMin })
  )
}

/** One event of a batch of CloudEvents. `key` is null where it goes by its own attributes. */
function readCloudItem(
  { clock, maxEventBytes, ratePerMin }: EventsEndpointParts,
  sender: Sender,
  body: Buffer,
  { key, partitionKey }: { key: { key: string } | Refusal | null; partitionKey: string | null },
): Item {
  if (body.length > maxEventBytes) return tooLarge(maxEventBytes)
  const event = readStructured(body, new Date(clock.now()).toISOString())
  if ('code' in event) return event
  const named = key ?? keyOfCloudEvent(event)
  if ('code' in named) return named
  return arriveAsCloudEvent(sender, event, { ...named, partitionKey, limitPerMin: ratePerMin })
}

/** The key of the request, of which each item's is made; null when it has none. */
const baseKeyOf = ({ headers }: Sender) => (headers['idempotency-key'] === undefined ? null : idempotencyKeyOf(headers))

function composeKey(base: string, index: number): { key: string } | Refusal {
  const key = parseIdempotencyKey(`${base}/${index}`)
  return key === null
    ? {
        code: 'IDEMPOTENCY_KEY_MALFORMED',
        detail: `The Idempotency-Key with /${index} after it is longer than 255 characters: send a shorter one.`,
      }
    : { key }
}

/** Without a key in the head an event goes by its own id, which the scan that checks it finds as well. */
function nameById(body: Buffer): { key: string } | Refusal {
  const scan = scanObject(body)
  if (!scan.ok) return toRefusal(scan.problem)
  const member = scan.members.find(({ name }) => name === 'event_id')
  if (member === undefined) return NO_KEY
  const id: unknown = JSON.parse(body.toString('utf8', member.start, member.end))
  const key = typeof id === 'string' ? parseIdempotencyKey(id) : null
  return key === null ? BAD_ID : { key }
}

const NO_KEY: Refusal = {
  code: 'IDEMPOTENCY_KEY_MISSING',
  detail: 'The event has no event_id, and the request no Idempotency-Key: send one of them.',
}
const BAD_ID: Refusal = {
  code: 'IDEMPOTENCY_KEY_MALFORMED',
  detail: `The event_id is no idempotency key (a text of ${KEY_RULE}): mend it, or send an Idempotency-Key.`,
}
