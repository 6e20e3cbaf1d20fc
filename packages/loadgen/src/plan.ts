import { drawSpoiling } from './events/bad-events.ts'
import type { Content } from './events/content.ts'
import { encodeEventBody } from './events/event-body.ts'
import { drawRefusable, WRONG_KEY_SHARE } from './events/refused-events.ts'
import { lastDueAt, type Schedule } from './schedule.ts'
import { createRandom, pickIndex, type Random } from './seeded-random.ts'
import type { Sender } from './senders.ts'
import type { SenderOf } from './tenant-shares.ts'

/** What an event is meant to be; the ledger's words, in the order of reports. */
export const EVENT_CLASSES = ['good', 'dup-same', 'dup-conflict', 'bad-at-processor', 'bad-at-edge'] as const
export type EventClass = (typeof EVENT_CLASSES)[number]

/** Shares of all events, together at most 1; the rest is good. */
export type ClassRates = Record<'duplicate' | 'conflict' | 'bad' | 'edge', number>

/** One request: what is sent, and what must come of it. */
export type PlannedEvent = {
  seq: number
  class: EventClass
  sender: Sender
  key: string
  body: Buffer
  /** Sent beside the usual ones, or in place of them. */
  headers: Readonly<Record<string, string>>
  /** The event whose key this one has: with its bytes (dup-same) or with others (dup-conflict). */
  dupOf: number | null
  /** A bad event's reason, or the status of one refused at the door; null for all others. */
  expect: string | null
}

export type Plan = {
  /** The event of one place in the schedule: always the same one, whatever ingest answers. */
  at(seq: number): PlannedEvent
}

export type PlanOptions = {
  /** 0 to 2³² − 1. Decides classes, contents, keys' spread and what is repeated. */
  seed: number
  /** Begins every key and event id. */
  runId: string
  /** Events are dated from here on, Unix ms. */
  datedFromMs: number
  schedule: Schedule
  senderOf: SenderOf
  rates: ClassRates
  content: Content
  /** Ingest is asked to validate: a bad event is then refused. */
  strict: boolean
  /** How many partition keys the events share, the first being that of half of them; null: none is sent. */
  hotKeys: number | null
  /** So many events in a row repeat the same one, at once; null: repeats lie back anywhere. */
  stormEvents: number | null
}

/** How many events a repeat may lie back. */
export const REPEAT_WINDOW = 1_024
/** Nor does it lie back further in time than this: far inside the 30 minutes for which ingest remembers a key. */
const REPEAT_WINDOW_MS = 300_000
/** The first is usually answered by then; a storm does not wait for that. */
const REPEAT_AFTER_MS = 200
/** Ingest takes an address for one that guesses keys from 20 wrong ones a second on, and then refuses it good ones too. */
const MAX_WRONG_KEYS_PER_SECOND = 10
/** Keeps the draws for contents apart from those for classes: a rate changed leaves the contents as they were. */
const CONTENT_SEED = 0x5bd1_e995

/**
 * Lays down a whole run beforehand. Every event is a function of the seed and its number, so nothing is remembered: a
 * repeat's bytes are made again from the number of the event it repeats.
 */
export function createPlan(options: PlanOptions): Plan {
  const { seed, runId, datedFromMs, schedule, senderOf, rates, content, strict, stormEvents } = options
  const eventsPerSecond = (schedule.count / schedule.durationMs) * 1_000
  const withWrongKeys = eventsPerSecond * rates.edge * WRONG_KEY_SHARE <= MAX_WRONG_KEYS_PER_SECOND

  const draw = (seq: number) => {
    const random = createRandom(seed, seq)
    return { random, drawn: toClass(random(), rates) }
  }
  const write = (seq: number, spoiled?: Readonly<Record<string, string | null>>) => {
    const occurredAt = new Date(datedFromMs + schedule.dueMs(seq)).toISOString()
    const template = content(createRandom((seed ^ CONTENT_SEED) >>> 0, seq))
    return encodeEventBody({ eventId: `evt-${runId}-${seq}`, occurredAt, template }, spoiled)
  }
  /** The good event of the same tenant nearest to where the draw points; null when none lies in the window. */
  const findRepeated = (seq: number, random: Random): number | null => {
    const dueMs = schedule.dueMs(seq)
    const oldest = Math.max(0, seq - REPEAT_WINDOW + 1, lastDueAt(schedule, dueMs - REPEAT_WINDOW_MS) + 1)
    const newest = stormEvents === null ? Math.min(seq - 1, lastDueAt(schedule, dueMs - REPEAT_AFTER_MS)) : seq - 1
    if (newest < oldest) return null
    const wanted =
      stormEvents === null
        ? oldest + pickIndex(random, newest - oldest + 1)
        : Math.max(oldest, Math.min(newest, seq - (seq % stormEvents)))
    const sender = senderOf(seq)
    const isGood = (other: number) => senderOf(other) === sender && draw(other).drawn === 'good'
    for (let other = wanted; other >= oldest; other--) if (isGood(other)) return other
    for (let other = wanted + 1; other <= newest; other++) if (isGood(other)) return other
    return null
  }
  const keyOf = (seq: number) => `${keyPrefixOf(runId)}${seq}`
  const headersOf = (seq: number, eventClass: EventClass): Record<string, string> => ({
    ...(strict && eventClass !== 'bad-at-edge' ? { prefer: 'handling=strict' } : {}),
    ...(options.hotKeys === null ? {} : { 'x-partition-key': drawHotKey(seed, seq, options.hotKeys) }),
  })

  return {
    at(seq) {
      const { random, drawn } = draw(seq)
      const repeated = drawn === 'dup-same' || drawn === 'dup-conflict' ? findRepeated(seq, random) : null
      const eventClass = drawn.startsWith('dup') && repeated === null ? 'good' : drawn
      const usual = { seq, class: eventClass, sender: senderOf(seq), dupOf: repeated, expect: null }
      const headers = headersOf(eventClass === 'dup-same' && repeated !== null ? repeated : seq, eventClass)
      switch (eventClass) {
        case 'good':
          return { ...usual, key: keyOf(seq), body: write(seq), headers }
        case 'dup-same':
          return { ...usual, key: keyOf(repeated ?? seq), body: write(repeated ?? seq), headers }
        case 'dup-conflict':
          return { ...usual, key: keyOf(repeated ?? seq), body: write(seq), headers }
        case 'bad-at-processor': {
          const { reason, members } = drawSpoiling(random)
          return { ...usual, key: keyOf(seq), body: write(seq, members), headers, expect: reason }
        }
        case 'bad-at-edge': {
          const good = write(seq)
          const refused = drawRefusable(random, good, withWrongKeys)
          const body = refused.body ?? good
          const expect = String(refused.status)
          return { ...usual, key: keyOf(seq), body, headers: { ...headers, ...refused.headers }, expect }
        }
        default:
          return eventClass satisfies never
      }
    },
  }
}

/** Begins every key of a run, and of no other: a run id holds no hyphen. */
export const keyPrefixOf = (runId: string) => `lg-${runId}-`

function toClass(share: number, { edge, bad, conflict, duplicate }: ClassRates): EventClass {
  if (share < edge) return 'bad-at-edge'
  if (share < edge + bad) return 'bad-at-processor'
  if (share < edge + bad + conflict) return 'dup-conflict'
  return share < edge + bad + conflict + duplicate ? 'dup-same' : 'good'
}

/** Each key half as often as the one before it. */
function drawHotKey(seed: number, seq: number, keys: number): string {
  const share = createRandom((seed ^ ~CONTENT_SEED) >>> 0, seq)()
  return `hot-${Math.min(keys - 1, Math.floor(-Math.log2(1 - share)))}`
}
