// The way of records to one partition: at most one send under way. Concurrent sends of an idempotent producer overtake
// each other at a change of leader, and records are doubled.
//
//   waiting → (leader reached) → sent → ended
//
// What waits can be taken back and is provably not in the log. What was handed to the client cannot: it tries on by
// itself and may succeed long after anybody asked.
import { delay } from '@sluice/runtime/backoff'
import { LogUnavailableError, RecordTooLargeError } from '#src/event-log.ts'
import { type AppendFault, classifyAppendFault } from './append-fault.ts'
import { CLIENT_REFUSED, faultsOf, innermostError } from './kafka-errors.ts'
import type { Parcel } from './parcels.ts'
import type { SendingProducer } from './producers.ts'
import { BATCH_HEAD_BYTES, type RecordTail } from './record-batch.ts'

export type ParcelOutcome =
  | { type: 'done'; base: bigint }
  | { type: 'refused'; error: LogUnavailableError | RecordTooLargeError; fault: Exclude<AppendFault, 'unknown'> }
  | { type: 'unknown'; error: LogUnavailableError }

export type Consignment = {
  parcel: Parcel
  /** Told once what became of it, however late. */
  onEnd: (outcome: ParcelOutcome) => void
}

export interface SendLane {
  add(consignment: Consignment, maxBatchBytes: number): void
  /** Takes back what still waits. @returns why it waited; null when it was sent already */
  takeBack(consignment: Consignment): LogUnavailableError | null
  /** Whether its leader cannot be reached now. It tries on by itself, so that it is known when it can. */
  isBlocked(): boolean
  /** Refuses what waits. */
  close(): void
}

/** As often as the client itself tries again. */
const REACH_AGAIN_MS = 500

export function createSendLane(topic: string, partition: number, producer: SendingProducer): SendLane {
  const waiting: Consignment[] = []
  const closed = new AbortController()
  let maxBatchBytes = 0
  let running = false
  let unreachable: unknown

  const isReached = async (): Promise<boolean> => {
    try {
      await producer.reach(topic, partition)
      unreachable = undefined
      return true
    } catch (error) {
      // A topic that is gone never comes within reach: sending says so at once.
      if (faultsOf(error).every(({ code }) => code === CLIENT_REFUSED)) return true
      unreachable = error
      await delay(REACH_AGAIN_MS, closed.signal)
      return false
    }
  }
  const takeBatch = (): Consignment[] => {
    let bytes = BATCH_HEAD_BYTES
    const end = waiting.findIndex(({ parcel }, index) => {
      bytes += parcel.bytes
      return index > 0 && bytes > maxBatchBytes
    })
    return waiting.splice(0, end < 0 ? waiting.length : end)
  }
  const send = async (batch: readonly Consignment[]) => {
    const retries = producer.retries()
    try {
      let base = await producer.send(topic, partition, tailsOf(batch))
      for (const { parcel, onEnd } of batch) {
        onEnd({ type: 'done', base })
        base += BigInt(parcel.tails.length)
      }
    } catch (cause) {
      const count = batch.reduce((sum, { parcel }) => sum + parcel.tails.length, 0)
      const fault = classifyAppendFault(cause, producer.retries() !== retries)
      const purpose = `appending ${count} records to partition ${partition} of ${topic}`
      const isAlone = count === 1 && fault === 'too_large'
      const error = isAlone
        ? new RecordTooLargeError('the broker calls the record too large', maxBatchBytes, { cause })
        : new LogUnavailableError(purpose, { cause: innermostError(cause) })
      for (const { onEnd } of batch) {
        if (fault !== 'unknown') onEnd({ type: 'refused', error, fault })
        else onEnd({ type: 'unknown', error: error as LogUnavailableError })
      }
    }
  }
  const run = async () => {
    while (!closed.signal.aborted && (waiting.length > 0 || unreachable !== undefined))
      if ((await isReached()) && waiting.length > 0) await send(takeBatch())
    running = false
  }
  const refuse = (why: string) =>
    new LogUnavailableError(why, unreachable === undefined ? {} : { cause: innermostError(unreachable) })

  return {
    add(consignment, limit) {
      maxBatchBytes = limit
      waiting.push(consignment)
      if (running) return
      running = true
      // Not at once: what else arrives in this turn goes into the same request.
      queueMicrotask(() => void run())
    },
    takeBack(consignment) {
      const index = waiting.indexOf(consignment)
      if (index < 0) return null
      waiting.splice(index, 1)
      return refuse(`partition ${partition} of ${topic} took nothing in time`)
    },
    isBlocked: () => unreachable !== undefined,
    close() {
      closed.abort()
      const error = refuse('the log is closed')
      for (const { onEnd } of waiting.splice(0)) onEnd({ type: 'refused', error, fault: 'not_written' })
    },
  }
}

const tailsOf = (batch: readonly Consignment[]): readonly RecordTail[] =>
  batch.length === 1 && batch[0] ? batch[0].parcel.tails : batch.flatMap(({ parcel }) => parcel.tails)
