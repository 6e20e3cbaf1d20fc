import { ReceiptBody, ReceiptParams, type ReceiptState } from '@sluice/contract/admin-api'
import { receiptTimeMs } from '@sluice/contract/identifiers'
import type { DeadLetter, DeadLetterStep } from '@sluice/event-store/queries/dead-letter'
import { findDeadLetter } from '@sluice/event-store/queries/list-dead-letters'
import { type FoundReceipt, findByReceipt } from '@sluice/event-store/queries/search'
import type { StoredEvent } from '@sluice/event-store/queries/stored-event'
import type { HttpApp } from '@sluice/runtime/http-app'
import type { Pool } from '@sluice/runtime/postgres'
import type { AdminParts } from './admin-parts.ts'
import { deadLetterBody, eventJson, sourceJson } from './event-json.ts'
import { findWaiting, type WaitingAnswer } from './find-waiting.ts'
import { sendJsonText } from './raw-answer.ts'

type Step = ReceiptBody['steps'][number]

/** `/admin/receipts/{receipt_id}`: where an accepted event is, and how it came there. */
export function addReceiptRoutes(app: HttpApp, { pool, eventLog }: AdminParts): void {
  app.get(
    '/admin/receipts/:receipt_id',
    { schema: { summary: 'Where an event is', params: ReceiptParams, response: { 200: ReceiptBody } } },
    async ({ params }, reply) => {
      const { receipt_id: receiptId } = params
      const found = await findSettled(pool, receiptId)
      if (found !== null) return sendJsonText(reply, found)
      const waiting = await findWaiting(eventLog, receiptId)
      // What was settled while the log was read has left the tail, and is in the tables now.
      const settled = waiting.record === null ? await findSettled(pool, receiptId) : null
      return settled === null ? waitingBody(receiptId, waiting) : sendJsonText(reply, settled)
    },
  )
}

async function findSettled(pool: Pool, receiptId: string): Promise<string | null> {
  const found = await findByReceipt(pool, receiptId, null)
  if (found === null) return null
  const letter = found.deadLetter === null ? null : await findDeadLetter(pool, found.deadLetter.id, null)
  return settledJson(receiptId, found, letter?.history ?? [])
}

function acceptedStep(receiptId: string): Step[] {
  const receivedMs = receiptTimeMs(receiptId)
  return receivedMs === null ? [] : [{ step: 'accepted', at: new Date(receivedMs).toISOString() }]
}

function waitingBody(receiptId: string, { state, certain, record }: WaitingAnswer): ReceiptBody {
  const steps = state === 'unknown' ? [] : acceptedStep(receiptId)
  if (record !== null) steps.push({ step: 'appended', at: record.appendedAt.toISOString(), source: sourceJson(record) })
  return { receipt_id: receiptId, state, certain, steps }
}

function settledJson(receiptId: string, found: FoundReceipt, history: readonly DeadLetterStep[]): string {
  const { event, deadLetter } = found
  const head = JSON.stringify({
    receipt_id: receiptId,
    state: stateOf(event, deadLetter),
    certain: true,
    steps: [...acceptedStep(receiptId), ...deadLetterSteps(deadLetter, history), ...storedStep(event)],
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

const storedStep = (event: StoredEvent | null): Step[] =>
  event === null ? [] : [{ step: 'stored', at: event.processedAt, source: sourceJson(event.source) }]

/** `stored` is told by the row itself, and `opened_again` means no step of the event's way. */
const STEP_OF_HISTORY = { redriven: 'redriven', failed_again: 'dead_lettered', dismissed: 'dismissed' } as const

function deadLetterSteps(deadLetter: DeadLetter | null, history: readonly DeadLetterStep[]): Step[] {
  if (deadLetter === null) return []
  const later = history.flatMap(({ what, at, by }): Step[] =>
    what === 'redriven' || what === 'failed_again' || what === 'dismissed'
      ? [{ step: STEP_OF_HISTORY[what], at, by }]
      : [],
  )
  const { firstFailedAt: at, reason, detail } = deadLetter
  return [{ step: 'dead_lettered', at, reason, detail }, ...later]
}
