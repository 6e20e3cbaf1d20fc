import { RAW_TOPIC } from '@sluice/contract/topics'
import { type AppendRecord, type EventLog, LogUnavailableError, RecordTooLargeError } from '@sluice/event-log'
import {
  giveBack,
  type LiveJob,
  leaseRedriveJobs,
  markAppended,
  noteOutcomes,
  readTaken,
  releaseRedriveJobs,
  type TakenItem,
  takeItems,
} from '@sluice/event-store/redrives/advance-redrive'
import { delay } from '@sluice/runtime/backoff'
import type { Clock } from '@sluice/runtime/clock'
import { errorFields } from '@sluice/runtime/error-fields'
import type { Logger } from '@sluice/runtime/logger'
import type { Pool } from '@sluice/runtime/postgres'
import { parseExact } from '../http/exact-json.ts'
import { composeRedrive, type RedriveChange } from './compose-redrive.ts'

/** While a job lives: fine steps for its rate, and its outcomes are watched by people. Else another admin's jobs are looked for. */
const BUSY_MS = 250
const IDLE_MS = 2_000
/** Originals of up to 256 KiB each: 25 MB in hand at most. */
const STEP = 100
/** As a micro-batch of ingest. */
const MAX_APPEND_BYTES = 4_194_304

export type RunnerParts = {
  pool: Pool
  eventLog: Pick<EventLog, 'append'>
  lag: { read(): Promise<{ totalLag: number | null }> }
  /** A UUID made at the start of the process. */
  holder: string
  clock: Clock
  log: Pick<Logger, 'info' | 'warn'>
}

export type RedriveRunner = AsyncDisposable & {
  /** Works on jobs from now on. */
  start(): void
  /** A job was made: do not wait for the next turn. */
  wake(): void
  /** One turn over all jobs; returns how many live. @throws {StoreUnavailableError | LogUnavailableError} retryable */
  turn(): Promise<number>
}

/**
 * Appends what redrive jobs chose, at their rate, and notes what came of it. Holds nothing that matters: whoever turns next takes
 * up where this one died, and what may have been appended is appended again.
 */
export function createRedriveRunner(parts: RunnerParts): RedriveRunner {
  const { pool, eventLog, lag, holder, clock, log } = parts
  /** What each job may still take, and when that was reckoned. */
  const credits = new Map<string, { credit: number; atMs: number }>()
  const stopping = new AbortController()
  let woken = Promise.withResolvers<void>()
  let loop: Promise<void> | null = null
  let failing = false

  function takeCredit({ id, ratePerSecond }: LiveJob): number {
    const nowMs = clock.monotonicMs()
    const known = credits.get(id) ?? { credit: 1, atMs: nowMs }
    const grown = known.credit + ((nowMs - known.atMs) / 1_000) * ratePerSecond
    // A second's worth at most: after a stall the rate holds all the same.
    const credit = Math.min(Math.max(1, ratePerSecond), grown)
    const whole = Math.floor(credit)
    credits.set(id, { credit: credit - whole, atMs: nowMs })
    return whole
  }

  async function advance(job: LiveJob, nothingWaits: boolean): Promise<boolean> {
    const change = changeOf(job)
    // 1. What is taken already, by us or by one that died. Dies in here: it is appended again, which stores once.
    await appendTaken(job, change)
    // 2. Take more, in one transaction, and append it.
    for (let credit = takeCredit(job); credit > 0; credit -= STEP) {
      const limit = Math.min(STEP, credit)
      const looked = await takeItems(
        pool,
        job,
        limit,
        (original) => composeRedrive(original, change).type === 'composed',
      )
      await appendTaken(job, change)
      if (looked < limit) break
    }
    // 3. What came of it is the processor's doing: only noted here.
    return noteOutcomes(pool, job.id, nothingWaits)
  }

  async function appendTaken(job: LiveJob, change: RedriveChange): Promise<void> {
    for (;;) {
      const items = await readTaken(pool, job.id, STEP)
      const done = await appendItems(job, items, change)
      if (items.length < STEP) return
      if (done < items.length) throw new LogUnavailableError('appending a redrive')
    }
  }

  /** @returns how many are no longer to be appended */
  async function appendItems(job: LiveJob, items: readonly TakenItem[], change: RedriveChange): Promise<number> {
    let ended = 0
    const { chunks, faulty } = composeAll(items, change)
    // Taken was only what can be composed: this is for a dead letter that became another one in between.
    if (faulty.length > 0) await giveBack(pool, job.id, faulty, 'The edit cannot be applied to it.')
    ended += faulty.length
    for (const chunk of chunks) {
      const outcomes = await eventLog.append(
        RAW_TOPIC,
        chunk.map(({ record }) => record),
      )
      const inLog = chunk.filter((_, index) => outcomes[index]?.type === 'done')
      const tooLarge = chunk.filter((_, index) => {
        const outcome = outcomes[index]
        return outcome?.type === 'refused' && outcome.error instanceof RecordTooLargeError
      })
      if (inLog.length > 0)
        await markAppended(
          pool,
          job.id,
          inLog.map(({ item }) => item.position),
        )
      if (tooLarge.length > 0)
        await giveBack(
          pool,
          job.id,
          tooLarge.map(({ item }) => item),
          'The record is larger than the log takes.',
        )
      ended += inLog.length + tooLarge.length
      if (inLog.length + tooLarge.length < chunk.length)
        throw new LogUnavailableError(`appending a redrive of ${chunk.length}`)
    }
    return ended
  }

  /** Unknown counts as no: then what was appended is not appended once more. That the log is away is told by its health check. */
  async function isLogEmpty(): Promise<boolean> {
    try {
      return (await lag.read()).totalLag === 0
    } catch (error) {
      if (error instanceof LogUnavailableError) return false
      throw error
    }
  }

  async function turn(): Promise<number> {
    const jobs = await leaseRedriveJobs(pool, holder)
    if (jobs.length === 0) return 0
    const nothingWaits = await isLogEmpty()
    let live = 0
    const failures: unknown[] = []
    for (const job of jobs) {
      if (stopping.signal.aborted) return jobs.length
      // One job that cannot go on now keeps no other one waiting.
      const [end] = await Promise.allSettled([advance(job, nothingWaits)])
      if (end?.status === 'rejected') failures.push(end.reason)
      if (end?.status === 'fulfilled' && end.value) {
        credits.delete(job.id)
        log.info('redrive.done', { job_id: job.id })
      } else live += 1
    }
    if (failures.length > 0) throw failures[0]
    return live
  }

  async function waitAWhile(ms: number): Promise<void> {
    const enough = new AbortController()
    void woken.promise.then(() => enough.abort())
    await delay(ms, AbortSignal.any([enough.signal, stopping.signal]))
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      woken = Promise.withResolvers<void>()
      let live = 0
      try {
        live = await turn()
        failing = false
      } catch (error) {
        // Said once: that an engine is away is the business of its health check, and the next turn goes on.
        if (!failing) log.warn('redrive.waits', errorFields(error))
        failing = true
      }
      await waitAWhile(live > 0 ? BUSY_MS : IDLE_MS)
    }
  }

  return {
    start() {
      loop ??= run()
    },
    wake: () => woken.resolve(),
    turn,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await loop
      // Best effort: without it others wait until the leases are over.
      await releaseRedriveJobs(pool, holder).catch((error: unknown) =>
        log.warn('redrive.not_released', errorFields(error)),
      )
    },
  }
}

const changeOf = ({ edit, event }: LiveJob): RedriveChange => ({
  edit: edit === null ? null : (parseExact(edit) as RedriveChange['edit']),
  event,
})

type Chunk = { item: TakenItem; record: AppendRecord }[]

/** The records in portions that one append takes, and the items of which none can be made. */
function composeAll(items: readonly TakenItem[], change: RedriveChange): { chunks: Chunk[]; faulty: TakenItem[] } {
  const chunks: Chunk[] = []
  const faulty: TakenItem[] = []
  let bytes = MAX_APPEND_BYTES
  for (const item of items) {
    const composed = composeRedrive(item.original, change)
    if (composed.type === 'fault') {
      faulty.push(item)
      continue
    }
    if (bytes + composed.value.byteLength > MAX_APPEND_BYTES) {
      chunks.push([])
      bytes = 0
    }
    bytes += composed.value.byteLength
    chunks.at(-1)?.push({ item, record: { key: null, value: composed.value, headers: headersOf(item) } })
  }
  return { chunks, faulty }
}

/** Says to the processor whose record it is, whatever its fingerprint. */
const headersOf = ({ deadLetterId, attempt }: TakenItem) => ({
  'content-type': 'application/json',
  'sluice-dead-letter-id': deadLetterId,
  'sluice-attempt': String(attempt),
})
