import { type EventTemplate, encodeEventBody, REQUIRED_FIELDS, type RequiredField } from './event-body.ts'
import type { Schedule } from './schedule.ts'
import { createRandom, pickIndex } from './seeded-random.ts'
import type { Sender } from './senders.ts'
import { syntheticEvent } from './synthetic-event.ts'

export type EventClass = 'good' | 'duplicate' | 'bad'

/** One request: what is sent, and what it is meant to be. `repeats` is the event whose bytes and key a duplicate has. */
export type PlannedEvent = { seq: number; sender: Sender; key: string; body: Buffer } & (
  | { class: 'good' }
  | { class: 'duplicate'; repeats: number }
  | { class: 'bad'; missing: RequiredField }
)

/** The accepted event nearest to `wanted`, searched in steps of `step`; null when there is none. */
export type FindAccepted = (wanted: number, step: number) => number | null

export type Plan = {
  /** The event of one place in the schedule. A duplicate for which nothing accepted is found becomes a good event. */
  at(seq: number, findAccepted: FindAccepted): PlannedEvent
}

export type PlanOptions = {
  /** 0 to 2³² − 1. Decides classes, contents and what is repeated. */
  seed: number
  /** Begins every key and event id: fresh for each run, or a second run with the same seed would be all duplicates. */
  runId: string
  startedAtMs: number
  schedule: Schedule
  senders: readonly Sender[]
  /** Shares of all events, together at most 1. */
  duplicateRate: number
  badRate: number
  /** Contents to use instead of made-up ones; null for none. */
  corpus: readonly EventTemplate[] | null
}

/** How many events a repeat may lie back. Bounds what a run must remember. */
export const REPEAT_WINDOW = 1_024
/** Nor does it lie back further in time than this: far inside the 30 minutes for which ingest remembers a key. */
const REPEAT_WINDOW_MS = 300_000
/** Keeps the draws for contents apart from those for classes: a rate changed leaves the contents as they were. */
const CONTENT_SEED = 0x5bd1_e995

/**
 * Lays down a whole run beforehand. Every event is a function of the seed and its number, so nothing is remembered: a
 * duplicate's bytes are made again from the number of the event it repeats.
 */
export function createPlan(options: PlanOptions): Plan {
  const { seed, runId, startedAtMs, schedule, senders, duplicateRate, badRate, corpus } = options
  // In turn, so that each tenant gets exactly its share of the rate; a repeat stays with its tenant by whole rounds.
  const senderOf = (seq: number): Sender => {
    const sender = senders[seq % senders.length]
    if (sender === undefined) throw new RangeError('a plan needs at least one sender')
    return sender
  }
  const roundsBack = (seq: number): number => {
    const inTime = Math.floor(REPEAT_WINDOW_MS / schedule.dueMs(1))
    const events = Math.min(seq, REPEAT_WINDOW - 1, Math.max(inTime, senders.length))
    return Math.floor(events / senders.length)
  }

  const write = (seq: number, missing: RequiredField | null = null) => {
    const random = createRandom((seed ^ CONTENT_SEED) >>> 0, seq)
    const template = corpus?.[pickIndex(random, corpus.length)] ?? syntheticEvent(random)
    const occurredAt = new Date(startedAtMs + schedule.dueMs(seq)).toISOString()
    const body = encodeEventBody({ eventId: `evt-${runId}-${seq}`, occurredAt, template }, missing)
    return { sender: senderOf(seq), key: `lg-${runId}-${seq}`, body }
  }

  return {
    at(seq, findAccepted) {
      const random = createRandom(seed, seq)
      const share = random()
      if (share < badRate) {
        const missing = REQUIRED_FIELDS[pickIndex(random, REQUIRED_FIELDS.length)] ?? 'event_type'
        return { seq, class: 'bad', missing, ...write(seq, missing) }
      }
      const rounds = roundsBack(seq)
      if (share < badRate + duplicateRate && rounds > 0) {
        const wanted = seq - senders.length * (1 + pickIndex(random, rounds))
        const repeats = findAccepted(wanted, senders.length)
        if (repeats !== null) return { seq, class: 'duplicate', repeats, ...write(repeats) }
      }
      return { seq, class: 'good', ...write(seq) }
    },
  }
}
