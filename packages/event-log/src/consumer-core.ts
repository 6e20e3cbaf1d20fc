// What every member of a group does, whatever the engine: it holds partitions for a time, reads them from their
// positions on, and gives batches. How partitions are won and lost is the adapter's.
//
//   assign → holding (told to `onAssigned`) → readable → revoke → gone
//
// One reading at a time; an ended consumer (closed or failed) holds nothing.
import { type BatchesInHand, type CommitPosition, createBatchesInHand, type Holding } from './batches-in-hand.ts'
import type { Batch, ConsumeOptions, LogRecord } from './event-log.ts'

/**
 * After a reading that was not full the next one waits this long, and what follows travels together: against 20 ms PostgreSQL pays
 * a fifth less for an event at 1,000 and at 3,000 a second.
 */
const PACE_MS = 50

/** A partition that is ours, and the next offset to read. */
export type Assigned = Holding & { position: bigint; readable: boolean }

export type Assignment = { partition: number; start: bigint; committed: bigint | null }

export type ConsumerCoreOptions = {
  options: ConsumeOptions
  topicGeneration: string
  /** Records from the positions on, the partitions in the order given, ascending in each, within the limits of the options; none: nothing there. */
  read: (assigned: readonly Assigned[]) => Promise<readonly LogRecord[]>
  /** Writes the positions and returns those it wrote: what is lost meanwhile is left out. */
  commitPositions: (positions: readonly CommitPosition<Assigned>[]) => Promise<readonly CommitPosition<Assigned>[]>
  /** The longest wait for a wake-up before reading again anyway, in ms. */
  pollMs: number
  /** The least time between a reading that was not full and the next one, in ms; 50 unless given, and never above `maxWaitMs`. */
  paceMs?: number
  /** Told once when something ended the consumer: what it holds at the engine should go. Not called by `end(null)`. */
  onFailed?: (error: unknown) => void
}

export interface ConsumerCore {
  next(): Promise<Batch | null>
  /** What is ours, ascending by partition. */
  held(): readonly Assigned[]
  assign(assignments: readonly Assignment[]): void
  revoke(holding: Assigned): void
  /** There may be something to read. */
  wake(): void
  /** Ends it: null closes, an error is what `next` throws from now on. The first end counts. */
  end(error: unknown): void
  ended(): boolean
}

export function createConsumerCore(parts: ConsumerCoreOptions): ConsumerCore {
  const { options, read, pollMs, paceMs = PACE_MS } = parts
  const inHand: BatchesInHand<Assigned> = createBatchesInHand(parts.topicGeneration, parts.commitPositions)
  const held = new Map<number, Assigned>()
  let end: { error: unknown } | null = null
  let wakeUp = Promise.withResolvers<void>()
  let readAgainAt = 0
  let reads = 0
  let turn: Promise<unknown> = Promise.resolve()

  const wake = () => {
    wakeUp.resolve()
    wakeUp = Promise.withResolvers<void>()
  }
  const revoke = (holding: Assigned) => {
    if (held.get(holding.partition) === holding) held.delete(holding.partition)
    inHand.revoke(holding)
  }
  const finish = (error: unknown) => {
    if (end !== null) return
    end = { error }
    for (const holding of [...held.values()]) revoke(holding)
    wake()
    if (error !== null) parts.onFailed?.(error)
  }
  const activate = async (fresh: readonly Assigned[], assignments: readonly Assignment[]) => {
    try {
      await options.onAssigned?.(assignments.map(({ partition, committed }) => ({ partition, committed })))
    } catch (error) {
      return finish(error)
    }
    for (const holding of fresh) holding.readable = true
    readAgainAt = 0
    wake()
  }

  /**
   * Another one comes first each time, so that none starves behind a busy one; and those before all others of which no batch is in hand:
   * only batches without a common partition can be worked on side by side.
   */
  const inTurn = (readable: readonly Assigned[]): readonly Assigned[] => {
    const first = reads++ % readable.length
    const turned = [...readable.slice(first), ...readable.slice(0, first)]
    const busy = inHand.holdings()
    return [...turned.filter((holding) => !busy.has(holding)), ...turned.filter((holding) => busy.has(holding))]
  }
  /** Reads once; null when there was nothing, or nothing that is still ours. */
  const readBatch = async (): Promise<Batch | null> => {
    const readable = [...held.values()].filter((holding) => holding.readable)
    if (readable.length === 0) return null
    const records = await read(inTurn(readable))
    let bytes = 0
    for (const record of records) bytes += record.value.length
    const full = records.length >= options.maxRecords || bytes >= options.maxBytes / 2
    readAgainAt = full ? 0 : performance.now() + Math.min(paceMs, options.maxWaitMs)
    const owner = new Map(readable.filter((holding) => holding.ours).map((holding) => [holding.partition, holding]))
    const kept = records.filter((record) => owner.has(record.partition))
    for (const record of kept) {
      const holding = owner.get(record.partition)
      if (holding) holding.position = record.offset + 1n
    }
    return kept.length === 0 ? null : inHand.give(kept, [...owner.values()])
  }
  const nextBatch = async (): Promise<Batch | null> => {
    while (end === null) {
      const woken = wakeUp.promise // taken before reading: what is appended meanwhile must not be slept over
      const waitMs = readAgainAt - performance.now()
      if (waitMs > 0) await sleep(waitMs)
      if (end !== null) break
      try {
        const batch = await readBatch()
        if (batch) return batch
      } catch (error) {
        finish(error)
        break
      }
      await wokenWithin(woken, pollMs)
      // Not woken: a promise that lives until something is appended would keep each of these waits.
      if (wakeUp.promise === woken) wake()
    }
    const ended = end as { error: unknown } | null
    if (ended !== null && ended.error !== null) throw ended.error
    return null
  }

  return {
    next() {
      const batch = turn.then(nextBatch)
      turn = batch.catch(() => {})
      return batch
    },
    held: () => [...held.values()].sort((a, b) => a.partition - b.partition),
    assign(assignments) {
      if (end !== null) return
      const fresh = assignments.map(({ partition, start, committed }) => ({
        partition,
        position: committed ?? start,
        readable: false,
        ours: true,
      }))
      for (const holding of fresh) held.set(holding.partition, holding)
      if (fresh.length > 0) void activate(fresh, assignments)
    },
    revoke,
    wake,
    end: finish,
    ended: () => end !== null,
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

async function wokenWithin(woken: Promise<void>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([woken, promise])
  clearTimeout(timer)
}
