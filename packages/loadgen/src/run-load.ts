import { setTimeout as delay } from 'node:timers/promises'
import { type AcceptedRing, createAcceptedRing } from './accepted-ring.ts'
import type { EventClient } from './client.ts'
import { toOutcome } from './outcome.ts'
import { type Plan, type PlannedEvent, REPEAT_WINDOW } from './plan.ts'
import type { Schedule } from './schedule.ts'
import type { Tally } from './tally.ts'

export type LoadParts = {
  schedule: Schedule
  plan: Plan
  client: EventClient
  tally: Tally
  /** Requests under way beyond which an event is dropped and counted, never sent late. */
  maxInFlight: number
  /** Ends the sending; what is under way then gets a moment more. */
  stopping: AbortSignal
  /** Milliseconds on a clock that never goes back. */
  monotonicMs: () => number
}

/** What an answer may still take once the run is broken off: a person is waiting. */
const GRACE_AFTER_STOP_MS = 1_000

/**
 * Sends each event when it is due, whatever became of those before (open loop), and returns when all are answered. Latency
 * counts from the moment an event was due, so a server that stalls is charged for everything it kept waiting.
 * @returns the milliseconds from the start to the last sending
 */
export async function runLoad(parts: LoadParts): Promise<{ sendingMs: number }> {
  const { schedule, tally, maxInFlight, stopping, monotonicMs } = parts
  const accepted = createAcceptedRing(REPEAT_WINDOW)
  const underWay = new Set<Promise<void>>()
  const startMs = monotonicMs()
  let next = 0

  while (next < schedule.count && !stopping.aborted) {
    const elapsedMs = monotonicMs() - startMs
    for (; next < schedule.count && schedule.dueMs(next) <= elapsedMs; next++) {
      if (underWay.size >= maxInFlight) tally.dropped()
      else {
        const sending = sendOne(parts, accepted, next, startMs).then(() => void underWay.delete(sending))
        underWay.add(sending)
      }
    }
    // A timer is up to a millisecond late, which is recorded as our own lateness; spinning would starve the answers.
    if (next < schedule.count) await pause(schedule.dueMs(next) - (monotonicMs() - startMs), stopping)
  }

  const sendingMs = monotonicMs() - startMs
  const answered = Promise.all(underWay)
  await (stopping.aborted ? atMost(answered, GRACE_AFTER_STOP_MS) : untilStopped(answered, stopping))
  return { sendingMs }
}

async function sendOne(parts: LoadParts, accepted: AcceptedRing, seq: number, startMs: number): Promise<void> {
  const { plan, client, tally, monotonicMs, schedule } = parts
  const event: PlannedEvent = plan.at(seq, accepted.nearest)
  const dueMs = startMs + schedule.dueMs(seq)
  const sentMs = monotonicMs()
  tally.sent(event.class, sentMs - dueMs)
  const outcome = toOutcome(await client.send(event))
  const answeredMs = monotonicMs()
  tally.finished(outcome, { fromSchedule: answeredMs - dueMs, fromSending: answeredMs - sentMs })
  if (outcome === 'accepted' && event.class === 'good') accepted.add(seq)
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
