import type { ReceiptBody } from '@sluice/contract/admin-api/receipts'
import { receiptTimeMs } from '../times.ts'
import { whole } from './fake-dead-letters.ts'
import { FAKE_TENANTS, type FakeEvent, fakeEvent, fakeEventJson } from './fake-events.ts'
import type { FakeLedger } from './fake-ledger.ts'
import { isoTime } from './fake-random.ts'

/** An event that somebody sent from the page: it waits a moment, then it is stored. */
export type FakeTestEvent = { event: FakeEvent; operationId: string }

const WAITING_MS = 1_500

export type ReceiptSources = {
  ledger: FakeLedger
  sent: ReadonlyMap<string, FakeTestEvent>
  nowMs: number
  isProcessing: boolean
}

/** One receipt as JSON text: an event's payload is spliced in as it is. */
export function fakeReceipt(receiptId: string, sources: ReceiptSources): string {
  const { sent, ledger, nowMs, isProcessing } = sources
  const test = sent.get(receiptId)
  if (test !== undefined) {
    const isStored = isProcessing && nowMs - test.event.receivedMs > WAITING_MS
    return isStored ? storedReceipt(test.event, nowMs, null) : waitingReceipt(receiptId, test.event.receivedMs, nowMs)
  }
  const letter = ledger.letters.find((candidate) => candidate.receipt_id === receiptId)
  if (letter !== undefined) return deadLetterReceipt(receiptId, ledger.find(letter.id), nowMs)
  const madeMs = receiptTimeMs(receiptId)
  if (receiptId.endsWith('aaaa')) return waitingReceipt(receiptId, madeMs ?? nowMs, nowMs)
  const event = madeMs === null ? null : eventOf(receiptId, madeMs)
  if (event !== null && nowMs - event.receivedMs < 86_400_000)
    return storedReceipt(event, nowMs, { count: 1, last_at: isoTime(event.receivedMs + 4_000) })
  return JSON.stringify({
    ...bare(receiptId, nowMs),
    state: 'unknown',
    oldest_waiting_at: isoTime(nowMs - 300),
  } satisfies ReceiptBody)
}

function eventOf(receiptId: string, madeMs: number): FakeEvent | null {
  const index = Math.round(madeMs / 3_000)
  const candidates = [undefined, ...FAKE_TENANTS, 'huge', 'hostile'].map((tenant) => fakeEvent(index, tenant))
  return candidates.find((event) => event.receiptId === receiptId) ?? null
}

const bare = (receiptId: string, nowMs: number) => ({
  receipt_id: receiptId,
  certain: true,
  steps: [],
  repeats: null,
  ahead: null,
  oldest_waiting_at: null,
  as_of: isoTime(nowMs),
})

function waitingReceipt(receiptId: string, receivedMs: number, nowMs: number): string {
  const source = { topic: 'events.raw', partition: 3, offset: 88_402 }
  const body: ReceiptBody = {
    ...bare(receiptId, nowMs),
    state: 'waiting',
    steps: [
      { step: 'accepted', at: isoTime(receivedMs) },
      { step: 'appended', at: isoTime(receivedMs + 4), source },
    ],
    ahead: 310,
    oldest_waiting_at: isoTime(receivedMs - 2_000),
  }
  return JSON.stringify(body)
}

function storedReceipt(event: FakeEvent, nowMs: number, repeats: ReceiptBody['repeats']): string {
  const source = { topic: 'events.raw', partition: event.partition, offset: event.offset }
  const body: ReceiptBody = {
    ...bare(event.receiptId, nowMs),
    state: 'stored',
    steps: [
      { step: 'accepted', at: isoTime(event.receivedMs) },
      { step: 'appended', at: isoTime(event.receivedMs + 4), source },
      { step: 'stored', at: isoTime(event.processedMs) },
    ],
    repeats: repeats ?? { count: 0, last_at: null },
  }
  return `${JSON.stringify(body).slice(0, -1)},"event":${fakeEventJson(event)}}`
}

function deadLetterReceipt(receiptId: string, letter: ReturnType<FakeLedger['find']>, nowMs: number): string {
  const failedMs = Date.parse(letter.first_failed_at)
  const states = { open: 'dead_lettered', redriving: 'redriving', redriven: 'stored', dismissed: 'dismissed' } as const
  const steps: ReceiptBody['steps'] = [
    { step: 'accepted', at: isoTime(failedMs - 40) },
    { step: 'appended', at: isoTime(failedMs - 36), source: letter.source },
    { step: 'dead_lettered', at: letter.first_failed_at, reason: letter.reason, detail: letter.detail },
  ]
  for (const { at, what, by, note } of letter.history ?? []) {
    const shared = { at, by, ...(note === null ? {} : { note }) }
    if (what === 'redriven' || what === 'dismissed' || what === 'stored') steps.push({ step: what, ...shared })
    else if (what === 'failed_again')
      steps.push({ step: 'dead_lettered', at, reason: letter.reason, detail: letter.detail })
  }
  const body: ReceiptBody = {
    ...bare(receiptId, nowMs),
    state: states[letter.state],
    steps,
    repeats: { count: 0, last_at: null },
    dead_letter: whole(letter),
  }
  return JSON.stringify(body)
}
