import type { ReceiptBody, ReceiptState, ReceiptStep } from '@sluice/contract/admin-api/receipts'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { receiptTimeMs } from '@sluice/contract/identifiers'
import { LogUnavailableError } from '@sluice/event-log'
import type { DeadLetter, DeadLetterStep } from '@sluice/event-store/queries/dead-letter'
import { findDeadLetter } from '@sluice/event-store/queries/list-dead-letters'
import { countRepeats, type FoundReceipt, findByReceipt, type Repeats } from '@sluice/event-store/queries/search'
import type { Source, StoredEvent } from '@sluice/event-store/queries/stored-event'
import type { AdminParts } from '../admin-parts.ts'
import { deadLetterBody, eventJson, sourceJson } from '../events/event-json.ts'
import { carriesReceipt, findWaiting, type WaitingAnswer } from './find-waiting.ts'

type ReceiptParts = Pick<AdminParts, 'pool' | 'eventLog' | 'clock'>

/**
 * Where an accepted event is and how it came there, as JSON text: the tables first, then what waits in the log.
 * @param tenantId whose it must be; null: whoever's it is
 * @returns null when a tenant asks for what is not known to be its own
 * @throws {StoreUnavailableError | LogUnavailableError} retryable
 */
export async function readReceipt(
  parts: ReceiptParts,
  receiptId: string,
  tenantId: string | null,
): Promise<string | null> {
  const found = await readSettled(parts, receiptId, tenantId)
  if (found !== null) return found
  const waiting = await findWaiting(parts.eventLog, receiptId)
  if (waiting.record === null) {
    // What was settled while the log was read has left the tail, and is in the tables now.
    const settled = await readSettled(parts, receiptId, tenantId)
    if (settled !== null) return settled
    if (tenantId !== null && waiting.state === 'unknown') return null
  } else if (tenantId !== null && tenantOf(waiting.record.value) !== tenantId) return null
  return JSON.stringify(waitingBody(receiptId, waiting, nowText(parts)))
}

const nowText = ({ clock }: ReceiptParts) => new Date(clock.now()).toISOString()

function tenantOf(value: Uint8Array): string | null {
  const reading = decodeEnvelope(value)
  return reading.type === 'envelope' ? reading.head.tenantId : null
}

function acceptedStep(receiptId: string): ReceiptStep[] {
  const receivedMs = receiptTimeMs(receiptId)
  return receivedMs === null ? [] : [{ step: 'accepted', at: new Date(receivedMs).toISOString() }]
}

function waitingBody(receiptId: string, waiting: WaitingAnswer, asOf: string): ReceiptBody {
  const { state, certain, record, oldestWaitingAt } = waiting
  const steps = state === 'unknown' ? [] : acceptedStep(receiptId)
  if (record !== null) steps.push({ step: 'appended', at: record.appendedAt.toISOString(), source: sourceJson(record) })
  return {
    receipt_id: receiptId,
    state,
    certain,
    steps,
    repeats: null,
    ahead: waiting.record === null ? null : waiting.ahead,
    oldest_waiting_at: oldestWaitingAt?.toISOString() ?? null,
    as_of: asOf,
  }
}

async function readSettled(parts: ReceiptParts, receiptId: string, tenantId: string | null): Promise<string | null> {
  const found = await findByReceipt(parts.pool, receiptId, tenantId)
  if (found === null) return null
  const [letter, repeats, appended] = await Promise.all([
    found.deadLetter === null ? null : findDeadLetter(parts.pool, found.deadLetter.id, tenantId),
    countRepeats(parts.pool, found.receiptId),
    readAppended(parts, found),
  ])
  return settledJson(receiptId, { found, history: letter?.history ?? [], repeats, appended, asOf: nowText(parts) })
}

type Settled = {
  found: FoundReceipt
  history: readonly DeadLetterStep[]
  repeats: Repeats
  appended: ReceiptStep[]
  asOf: string
}

/** When the log took the record, as long as it still holds it. A redriven event has two: the first one is meant. */
async function readAppended({ eventLog }: ReceiptParts, found: FoundReceipt): Promise<ReceiptStep[]> {
  const first = found.deadLetter ?? found.event
  if (first === null) return []
  const { source, receiptId } = first
  return [{ step: 'appended', at: await appendedAt(eventLog, source, receiptId), source: sourceJson(source) }]
}

async function appendedAt(
  eventLog: ReceiptParts['eventLog'],
  { topic, partition, offset }: Source,
  receiptId: string | null,
): Promise<string | null> {
  try {
    const [record] = await eventLog.read(topic, partition, offset, 1)
    // The same place in another life of the topic holds another record.
    const isIt = record?.offset === offset && receiptId !== null && carriesReceipt(record.value, receiptId)
    return isIt ? record.appendedAt.toISOString() : null
  } catch (error) {
    if (error instanceof LogUnavailableError) return null
    throw error
  }
}

function settledJson(receiptId: string, { found, history, repeats, appended, asOf }: Settled): string {
  const { event, deadLetter } = found
  const head = JSON.stringify({
    receipt_id: receiptId,
    state: stateOf(event, deadLetter),
    certain: true,
    steps: [...acceptedStep(receiptId), ...appended, ...deadLetterSteps(deadLetter, history), ...storedStep(event)],
    repeats: { count: repeats.count, last_at: repeats.lastAt?.toISOString() ?? null },
    ahead: null,
    oldest_waiting_at: null,
    as_of: asOf,
  })
  const eventPart = event === null ? '' : `,"event":${eventJson(event)}`
  const body = deadLetter === null ? null : deadLetterBody(deadLetter, { event: true, original: true }, history)
  return `${head.slice(0, -1)}${eventPart}${body === null ? '' : `,"dead_letter":${JSON.stringify(body)}`}}`
}

function stateOf(event: StoredEvent | null, deadLetter: DeadLetter | null): ReceiptState {
  if (event !== null || deadLetter === null) return 'stored'
  switch (deadLetter.state) {
    case 'open':
      return 'dead_lettered'
    case 'redriving':
      return 'redriving'
    case 'dismissed':
      return 'dismissed'
    case 'redriven':
      return 'stored'
    default:
      return deadLetter.state satisfies never
  }
}

const storedStep = (event: StoredEvent | null): ReceiptStep[] =>
  event === null ? [] : [{ step: 'stored', at: event.processedAt, source: sourceJson(event.source) }]

/** `stored` is told by the row itself, and `opened_again` means no step of the event's way. */
const STEP_OF_HISTORY = { redriven: 'redriven', failed_again: 'dead_lettered', dismissed: 'dismissed' } as const

function deadLetterSteps(deadLetter: DeadLetter | null, history: readonly DeadLetterStep[]): ReceiptStep[] {
  if (deadLetter === null) return []
  const later = history.flatMap(({ what, at, by, note, edited }): ReceiptStep[] =>
    what === 'redriven' || what === 'failed_again' || what === 'dismissed'
      ? [
          {
            step: STEP_OF_HISTORY[what],
            at,
            by,
            ...(edited === null ? {} : { edited }),
            ...(note === null ? {} : { note }),
          },
        ]
      : [],
  )
  const { firstFailedAt: at, reason, detail } = deadLetter
  return [{ step: 'dead_lettered', at, reason, detail }, ...later]
}
