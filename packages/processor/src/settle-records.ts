import { DLQ_TOPIC } from '@sluice/contract/topics'
import { type AppendOutcome, type EventLog, LogUnavailableError, RecordTooLargeError } from '@sluice/event-log'
import type { EventStore, SettleBatch, SettleOutcome, SettleRecord } from '@sluice/event-store/event-store'
import { StoreDataError } from '@sluice/event-store/store-errors'
import type { Clock } from '@sluice/runtime/clock'
import { toDeadLetterRecord, withoutValue } from './dead-letter-records.ts'

export type SettleParts = {
  store: Pick<EventStore, 'settle'>
  eventLog: Pick<EventLog, 'append'>
  clock: Clock
}

/** One record and what became of it. */
export type Settled = { record: SettleRecord; outcome: SettleOutcome }

/** A batch that was judged, with its dead letters already in the dead-letter topic. */
export type JudgedBatch = { topic: string; topicGeneration: string; records: readonly SettleRecord[] }

/** What judging made of a batch. Ascending by partition and offset, as bisecting halves it. */
export function toJudgedBatch(topic: string, topicGeneration: string, judged: readonly SettleRecord[]): JudgedBatch {
  const records = judged.toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset))
  return { topic, topicGeneration, records }
}

/**
 * Appends the dead letters that judging found to the dead-letter topic and waits until they are there.
 * Dies here: nothing is committed, the batch is read again; the topic may hold a copy, with the same key.
 * @throws {LogUnavailableError} retryable
 */
export async function announceJudged(parts: SettleParts, batch: JudgedBatch): Promise<void> {
  const failures = batch.records.filter((record) => record.type === 'dead_letter')
  await announce(
    parts,
    batch.topic,
    failures.map((record) => ({ record, failure: { ...record, attempt: attemptOf(record) } })),
  )
}

const attemptOf = (record: SettleRecord) => (record.redrive == null ? 1 : record.redrive.attempt + 1)

/**
 * Settles a judged batch and announces the dead letters that settling found. Safe to repeat.
 * Dies after the transaction: the batch is read again and finds its rows present; dead letters are announced then.
 * @throws {LogUnavailableError | StoreUnavailableError} retryable
 * @throws {StoreSystemicError} no batch will be settled until a person acts
 */
export async function settleJudged(parts: SettleParts, batch: JudgedBatch): Promise<readonly Settled[]> {
  const settled = await settleOrBisect(parts, batch)
  const found = settled.flatMap(({ record, outcome }) =>
    record.type === 'event' && outcome.type === 'dead_letter' ? [{ record, failure: outcome }] : [],
  )
  await announce(parts, batch.topic, found)
  return settled
}

/**
 * A data error halves the batch, the left half first, down to the one record, which is set aside: k bad records of n cost
 * at most 2·k·log2(n) more transactions, and no neighbour is lost.
 */
async function settleOrBisect(parts: SettleParts, batch: JudgedBatch): Promise<readonly Settled[]> {
  const { records } = batch
  try {
    const outcomes = await parts.store.settle(batch as SettleBatch)
    return records.map((record, index) => ({ record, outcome: outcomes[index] as SettleOutcome }))
  } catch (error) {
    if (!(error instanceof StoreDataError)) throw error
    const [only] = records
    if (records.length === 1 && only !== undefined) return setAside(parts, batch, only, error)
    const middle = Math.ceil(records.length / 2)
    const left = await settleOrBisect(parts, { ...batch, records: records.slice(0, middle) })
    const right = await settleOrBisect(parts, { ...batch, records: records.slice(middle) })
    return [...left, ...right]
  }
}

async function setAside(parts: SettleParts, batch: JudgedBatch, record: SettleRecord, error: StoreDataError) {
  // A dead letter holds bytes and cleaned words only: what cannot be written even so is no data error of this record.
  if (record.type === 'dead_letter') throw new Error('a dead letter could not be stored', { cause: error })
  const { type: _, event, ...position } = record
  const failure = {
    reason: 'UNSTORABLE',
    detail: `PostgreSQL cannot store the event (SQLSTATE ${error.sqlState}).`,
    pointer: null,
    stage: 'store',
  } as const
  const deadLetter: SettleRecord = {
    ...position,
    ...failure,
    type: 'dead_letter',
    eventId: null,
    eventType: error.sqlState === 'P0001' ? event.eventType : null,
  }
  const alone = { ...batch, records: [deadLetter] }
  await announceJudged(parts, alone)
  const [outcome] = await parts.store.settle(alone as SettleBatch)
  return [{ record: deadLetter, outcome: outcome as SettleOutcome }]
}

type Announced = { record: SettleRecord; failure: Parameters<typeof toDeadLetterRecord>[2] }

async function announce(
  { eventLog, clock }: SettleParts,
  topic: string,
  deadLetters: readonly Announced[],
): Promise<void> {
  if (deadLetters.length === 0) return
  const nowMs = clock.now()
  const records = deadLetters.map(({ record, failure }) => toDeadLetterRecord(topic, record, failure, nowMs))
  const outcomes = await eventLog.append(DLQ_TOPIC, records)
  // Refused for its size it would be refused for ever, and everything behind it would wait.
  const tooLarge = records.filter((_, index) => isTooLarge(outcomes[index]))
  const shortened = tooLarge.length === 0 ? [] : await eventLog.append(DLQ_TOPIC, tooLarge.map(withoutValue))
  const missing = [...outcomes.filter((outcome) => !isTooLarge(outcome)), ...shortened].filter(
    ({ type }) => type !== 'done',
  ).length
  if (missing > 0) throw new LogUnavailableError(`appending ${missing} of ${records.length} dead letters`)
}

const isTooLarge = (outcome: AppendOutcome | undefined) =>
  outcome?.type === 'refused' && outcome.error instanceof RecordTooLargeError
