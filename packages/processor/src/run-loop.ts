import { PROCESSOR_GROUP, RAW_TOPIC } from '@sluice/contract/topics'
import type { Batch, Consumer, EventLog } from '@sluice/event-log'
import { type Backoff, delay } from '@sluice/runtime/backoff'
import { errorFields } from '@sluice/runtime/error-fields'
import { SluiceError } from '@sluice/runtime/errors'
import type { Logger } from '@sluice/runtime/logger'
import { unlessAborted } from '@sluice/runtime/unless-aborted'
import type { CrashGuard } from './crash-guard.ts'
import type { Progress } from './progress.ts'
import { announceJudged, type Settled, type SettleParts, settleJudged, toJudgedBatch } from './settle-records.ts'

export type LoopParts = SettleParts & {
  eventLog: Pick<EventLog, 'append' | 'consume'>
  crashGuard: Omit<CrashGuard, 'isCareful'>
  progress: Progress
  backoff: Backoff
  log: Logger
  /** Told once per settled batch. */
  onSettled: (settled: readonly Settled[], seconds: number) => void
  onRetry: (code: string) => void
  onConsumer: (consumer: Consumer | null) => void
  /** Aborts when the processor shall stop taking. */
  stopping: AbortSignal
  topic?: string
  group?: string
}

/** 1,000 rows a statement is where gains end; 4 MiB bounds memory; 50 ms is what an event may wait for company. */
const BATCH_LIMITS = { maxRecords: 1_000, maxBytes: 4_194_304, maxWaitMs: 50 }
/** Two in their transactions keep PostgreSQL busy, while a third is made ready and a fourth commits its offsets (docs/performance.md). */
const MAX_IN_HAND = 4
/** A person has to act: asking more often helps nobody. */
const SYSTEMIC_RETRY_MS = 5_000
const SYSTEMIC_LOG_EVERY_MS = 60_000

/**
 * Takes batches until told to stop. What fails is tried again for ever: an outage is never a reason to set a record aside.
 * A consumer that breaks is closed and built anew.
 */
export async function runLoop(parts: LoopParts): Promise<void> {
  const { eventLog, progress, backoff, log, stopping, onConsumer } = parts
  while (!stopping.aborted) {
    progress.enter('consume')
    try {
      await using consumer = await eventLog.consume({
        ...BATCH_LIMITS,
        topic: parts.topic ?? RAW_TOPIC,
        group: parts.group ?? PROCESSOR_GROUP,
        onAssigned: parts.crashGuard.started,
      })
      onConsumer(consumer)
      // Leaving at once lets the others take over while the batch in hand is finished or dropped.
      await takeBatches(parts, consumer)
    } catch (error) {
      if (stopping.aborted) return
      noteFailure(parts, error)
      log.warn('consumer.broken', errorFields(error))
      progress.enter('waiting_to_retry')
      await delay(backoff.nextMs(), stopping)
    } finally {
      onConsumer(null)
      await parts.crashGuard.keepOnly([])
    }
  }
}

/** The next batch, or null as soon as `enough` aborts: what comes after that is left for others. */
function nextUnless(enough: AbortSignal, consumer: Consumer): Promise<Batch | null> {
  return enough.aborted ? Promise.resolve(null) : unlessAborted(enough, consumer.next())
}

/** A batch that was taken and is not committed yet; `settled` and `done` say when it is settled and committed, or why not. */
type InHand = { partitions: ReadonlySet<number>; settled: Promise<unknown>; done: Promise<void> }

/**
 * Batches without a common partition are settled side by side; those that share one, in the order of their offsets, each
 * judged and announced while the one before it is in its transaction, and in its own while that one commits its offsets.
 * Returns once told to stop, with all batches in hand finished.
 * @throws what broke the consumer, or a batch that was given up, at once: its records come only from a new consumer
 */
async function takeBatches(parts: LoopParts, consumer: Consumer): Promise<void> {
  const { progress, stopping } = parts
  const givenUp = new AbortController()
  const enough = AbortSignal.any([stopping, givenUp.signal])
  const inHand = new Set<InHand>()
  const take = (batch: Batch) => {
    const partitions = new Set(batch.records.map(({ partition }) => partition))
    const before = [...inHand].filter((earlier) => !earlier.partitions.isDisjointFrom(partitions))
    const takenMs = performance.now()
    const settled = settleInTurn(parts, batch, all(before.map((earlier) => earlier.settled)))
    const done = commitInTurn(parts, batch, takenMs, settled, all(before.map((earlier) => earlier.done)))
    const taken = { partitions, settled, done }
    inHand.add(taken)
    const leave = () => {
      inHand.delete(taken)
      if (inHand.size === 0) progress.enter('next')
    }
    // One that failed stays in hand: nothing that comes after it may be settled.
    taken.done.then(leave, () => givenUp.abort())
  }
  try {
    progress.enter('next')
    for (;;) {
      const batch = await nextUnless(enough, consumer)
      if (batch === null) break
      take(batch)
      if (inHand.size === MAX_IN_HAND) await Promise.race([...inHand].map(({ done }) => done))
    }
  } finally {
    await Promise.allSettled([...inHand].map(({ done }) => done))
    await Promise.all([...inHand].map(({ done }) => done))
  }
}

/**
 * What is looked at only once a batch is announced, or settled. That one of them fails until then is told by its own `done`; a rejection
 * that nobody handles would end the process.
 */
function all(earlier: readonly Promise<unknown>[]): Promise<unknown> {
  const together = Promise.all(earlier)
  together.catch(() => {})
  return together
}

/** @param before those that must be settled first: a position is counted only when all before it are */
async function settleInTurn(parts: LoopParts, batch: Batch, before: Promise<unknown>): Promise<readonly Settled[]> {
  const verdicts = await untilDone(parts, batch, 'judge', () => parts.crashGuard.judge(batch.records))
  const judged = toJudgedBatch(parts.topic ?? RAW_TOPIC, batch.topicGeneration, verdicts)
  // 1. Append dead letters. Dies here: nothing committed, the batch is read again; the topic may hold a copy, same key.
  await untilDone(parts, batch, 'announce', () => announceJudged(parts, judged))
  await before
  // 2. Settle in one transaction. Dies here: the batch is read again and finds its rows present.
  return untilDone(parts, batch, 'settle', () => settleJudged(parts, judged))
}

/** @param before those that must be committed first: what one of them could not commit, this one would */
async function commitInTurn(
  parts: LoopParts,
  batch: Batch,
  takenMs: number,
  settling: Promise<readonly Settled[]>,
  before: Promise<unknown>,
): Promise<void> {
  const { progress, onSettled, crashGuard } = parts
  const settled = await settling
  await before
  // 3. Commit offsets. Never before 2: committed offsets without rows are lost events.
  progress.enter('commit')
  await batch.commit()
  await crashGuard.settled(batch.records)
  progress.succeeded()
  parts.backoff.reset()
  onSettled(settled, (performance.now() - takenMs) / 1000)
}

/** Repeats a step until it is done. Gives up, by throwing, only when the batch is no longer ours or we shall stop. */
async function untilDone<T>(
  parts: LoopParts,
  batch: Batch,
  step: 'judge' | 'announce' | 'settle',
  work: () => Promise<T>,
): Promise<T> {
  const { progress, backoff, stopping, onRetry } = parts
  for (;;) {
    progress.enter(step)
    try {
      return await work()
    } catch (error) {
      const systemic = noteFailure(parts, error)
      onRetry(error instanceof SluiceError ? error.code : 'UNEXPECTED')
      if (batch.revoked.aborted || stopping.aborted) throw error
      progress.enter('waiting_to_retry')
      await delay(systemic ? SYSTEMIC_RETRY_MS : backoff.nextMs(), AbortSignal.any([batch.revoked, stopping])).catch(
        () => {},
      )
    }
  }
}

const lastLogged = new WeakMap<LoopParts, number>()

/** Records a failed turn; true when a person has to act. An unexpected error is one of ours and counts as such. */
function noteFailure(parts: LoopParts, error: unknown): boolean {
  const { progress, log } = parts
  const systemic = !(error instanceof SluiceError && error.retryable)
  progress.failed(error instanceof SluiceError ? error.code : 'UNEXPECTED', systemic)
  const now = performance.now()
  const quiet = systemic && now - (lastLogged.get(parts) ?? -SYSTEMIC_LOG_EVERY_MS) < SYSTEMIC_LOG_EVERY_MS
  if (!quiet) {
    lastLogged.set(parts, now)
    if (systemic) log.error('batch.stuck', errorFields(error))
    else log.warn('batch.retried', errorFields(error))
  }
  return systemic
}
