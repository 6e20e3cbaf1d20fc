import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, EventClient } from './client.ts'
import type { LedgerWriter } from './ledger/ledger-writer.ts'
import { isRepeatable, toOutcome } from './outcome.ts'
import { createPlaces, type Places } from './places.ts'
import type { Plan, PlannedEvent } from './plan.ts'
import type { Schedule } from './schedule.ts'
import type { Tally } from './tally.ts'

export type LoadParts = {
  schedule: Schedule
  plan: Plan
  client: EventClient
  tally: Tally
  /** Null: nothing is written down. */
  ledger: LedgerWriter | null
  /** Requests under way beyond which an event is dropped and counted, never sent late. */
  maxInFlight: number
  /** How long an event without a final answer is sent again, from the moment it was due. */
  patienceMs: number
  /** Ends the sending; what is under way then gets a moment more. */
  stopping: AbortSignal
  /** No further event is sent; those under way come to their end, their retries included. Absent: the schedule decides. */
  closing?: AbortSignal
  /** Milliseconds on a clock that never goes back. */
  monotonicMs: () => number
}

/** What an answer may still take once the run is broken off: a person is waiting. */
const GRACE_AFTER_STOP_MS = 1_000
/** Before the next try where no answer said how long. */
const RETRY_MS = 1_000
/** Retries of an outage's events must not arrive in one instant: each waits up to half as long again. */
const RETRY_SPREAD = 0.5
/** Events that may wait for their next try at once, each with its body; beyond that new ones are dropped. */
const MAX_WAITING = 100_000

/**
 * Sends each event when it is due, whatever became of those before (open loop), and returns when all have come to their
 * end. Latency counts from the moment an event was due, so a server that stalls is charged for everything it kept waiting.
 * @returns the milliseconds from the start to the last event's first sending
 * @throws what the ledger throws: nothing more is sent then
 */
export async function runLoad(parts: LoadParts): Promise<{ sendingMs: number }> {
  const { schedule, tally, maxInFlight, stopping, closing, monotonicMs } = parts
  const broken = new AbortController()
  const cutShort = AbortSignal.any([stopping, broken.signal])
  const ending = closing === undefined ? cutShort : AbortSignal.any([cutShort, closing])
  const places = createPlaces(maxInFlight)
  const underWay = new Set<Promise<void>>()
  const startMs = monotonicMs()
  let next = 0

  while (next < schedule.count && !ending.aborted) {
    const elapsedMs = monotonicMs() - startMs
    for (; next < schedule.count && schedule.dueMs(next) <= elapsedMs; next++) {
      if (underWay.size >= maxInFlight + MAX_WAITING || !places.tryTake()) tally.dropped()
      else {
        const sending = sendUntilDone(parts, places, next, startMs)
          .catch((error: unknown) => broken.abort(error))
          .finally(() => underWay.delete(sending))
        underWay.add(sending)
      }
    }
    // A timer is up to a millisecond late, which is recorded as our own lateness; spinning would starve the answers.
    if (next < schedule.count) await pause(schedule.dueMs(next) - (monotonicMs() - startMs), ending)
  }

  const sendingMs = monotonicMs() - startMs
  const ended = Promise.all(underWay)
  await (cutShort.aborted ? atMost(ended, GRACE_AFTER_STOP_MS) : untilStopped(ended, cutShort))
  broken.signal.throwIfAborted()
  return { sendingMs }
}

/** Begins with a place taken, and gives it back before each wait. */
async function sendUntilDone(parts: LoadParts, places: Places, seq: number, startMs: number): Promise<void> {
  const { plan, client, tally, ledger, monotonicMs, schedule, patienceMs, stopping } = parts
  const event = plan.at(seq)
  const { tenantId } = event.sender
  const dueMs = startMs + schedule.dueMs(seq)
  for (let attempt = 1; ; attempt++) {
    if (stopping.aborted && attempt > 1) return
    ledger?.sending(event, attempt)
    const sentMs = monotonicMs()
    if (attempt === 1) tally.sent({ class: event.class, tenantId }, sentMs - dueMs)
    const answer = await client.send(event)
    places.giveBack()
    const answeredMs = monotonicMs()
    const latency = { fromSchedule: answeredMs - dueMs, fromSending: answeredMs - sentMs }
    ledger?.answered(seq, attempt, answer, latency)
    const outcome = toOutcome(answer)
    const waitMs = retryAfterMs(event, answer, attempt)
    if (!isToRepeat(event, answer) || answeredMs + waitMs > dueMs + patienceMs) {
      if (isRefusedAsMeant(event, answer)) tally.refusedAsMeant()
      return tally.finished(tenantId, outcome, latency)
    }
    tally.sentAgain(outcome)
    await pause(waitMs, stopping)
    await places.take(stopping)
  }
}

function isRefusedAsMeant(event: PlannedEvent, answer: Answer): boolean {
  if (answer.type === 'failure') return false
  if (event.class === 'dup-conflict') return answer.status === 422
  if (event.class === 'bad-at-processor') return event.headers.prefer !== undefined && answer.status === 422
  return event.class === 'bad-at-edge' && String(answer.status) === event.expect
}

/** What must be refused is, when it is refused as it must be. */
const isToRepeat = ({ expect }: PlannedEvent, answer: Answer) =>
  isRepeatable(answer) && !(answer.type === 'answer' && String(answer.status) === expect)

function retryAfterMs({ seq }: PlannedEvent, answer: Answer, attempt: number): number {
  const seconds = answer.type === 'answer' && /^\d{1,4}$/.test(answer.retryAfter ?? '') ? Number(answer.retryAfter) : 0
  const waitMs = seconds > 0 ? seconds * 1_000 : RETRY_MS
  // The golden ratio's multiples spread evenly, and are the same in every run.
  return waitMs + RETRY_MS * RETRY_SPREAD * ((seq * 0.618_033_988_75 + attempt * 0.37) % 1)
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, ms), undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

async function atMost(work: Promise<unknown>, ms: number): Promise<void> {
  const timer = new AbortController()
  await Promise.race([work, pause(ms, timer.signal)])
  timer.abort()
}

/** Waits for the last answers; told to stop meanwhile, it gives them the same moment as if stopped while sending. */
async function untilStopped(work: Promise<unknown>, stopping: AbortSignal): Promise<void> {
  const { promise: stopped, resolve } = Promise.withResolvers<void>()
  stopping.addEventListener('abort', () => resolve(), { once: true })
  await Promise.race([work, stopped])
  if (stopping.aborted) await atMost(work, GRACE_AFTER_STOP_MS)
}
