import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, EventClient } from '../client.ts'
import type { EventTemplate } from '../events/event-body.ts'
import { memberOf, toOutcome } from '../outcome.ts'
import type { Sender } from '../senders.ts'

/** One event of the demo, as it is sent and as it must be read back. */
export type DemoEvent = { sender: Sender; key: string; eventId: string; body: Buffer; template: EventTemplate }

/** What became of each event that was not taken in: the status, or why there was no answer. */
export type SendResult = { receipts: Map<string, DemoEvent>; refused: { event: DemoEvent; why: string }[] }

export type SendParts = {
  client: EventClient
  /** Tells a person of a wait; called once for each tenant and wait. */
  onWait: (tenantId: string, seconds: number) => void
  onProgress: (done: number) => void
}

/** Requests of one tenant under way at once: its quick share of a small ingest, without a burst of hundreds. */
const LANES = 4
/** For answers that leave the outcome open, with a second between: a restarting ingest is back by then. */
const MAX_TRIES = 15

/**
 * Sends every event until it is taken in or refused. Over the limit it waits as long as `Retry-After` says; after no answer
 * it sends the same again with the same key, which is always safe.
 */
export async function sendAll(events: readonly DemoEvent[], parts: SendParts): Promise<SendResult> {
  const result: SendResult = { receipts: new Map(), refused: [] }
  const byTenant = Map.groupBy(events, ({ sender }) => sender.tenantId)
  let done = 0
  const lanes = [...byTenant.values()].flatMap((ofTenant) => {
    const queue = ofTenant.values() // shared: each lane takes the next one
    const pauses = createPause(parts.onWait)
    return Array.from({ length: LANES }, async () => {
      for (const event of queue) {
        const answer = await sendUntilAnswered(event, parts.client, pauses)
        const receiptId = answer.type === 'answer' ? memberOf(answer.body, 'receipt_id') : undefined
        const taken = ['accepted', 'duplicate'].includes(toOutcome(answer))
        if (taken && typeof receiptId === 'string') result.receipts.set(receiptId, event)
        else result.refused.push({ event, why: describe(answer) })
        parts.onProgress(++done)
      }
    })
  })
  await Promise.all(lanes)
  return result
}

type Pause = (tenantId: string, seconds: number) => Promise<void>

/** Lanes of a tenant that meet its limit together wait together, and say so once. */
function createPause(onWait: SendParts['onWait']): Pause {
  let shared: Promise<void> | null = null
  return (tenantId, seconds) => {
    if (shared === null) {
      onWait(tenantId, seconds)
      shared = delay(seconds * 1_000).finally(() => {
        shared = null
      })
    }
    return shared
  }
}

async function sendUntilAnswered(event: DemoEvent, client: EventClient, pause: Pause): Promise<Answer> {
  for (let tries = 1; ; ) {
    const answer = await client.send(event)
    const outcome = toOutcome(answer)
    const seconds = (answer.type === 'answer' && Number(answer.retryAfter)) || 1
    if (outcome === 'rate_limited') {
      await pause(event.sender.tenantId, seconds) // obeying the limit does not use up a try
      continue
    }
    const open = ['in_flight', 'server_error', 'timeout', 'connection'].includes(outcome)
    if (!open || tries++ >= MAX_TRIES) return answer
    await delay(seconds * 1_000)
  }
}

const describe = (answer: Answer) =>
  answer.type === 'failure'
    ? `no answer (${answer.code})`
    : `${answer.status} ${String(memberOf(answer.body, 'code') ?? '')}`.trim()
