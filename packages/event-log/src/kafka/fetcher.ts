// Reads what a consumer holds into buffers, one request at a time to each leader, and gives from there.
//
// A holding has a buffer of its own, which goes with it: what a request brings of a holding that ended meanwhile is
// dropped, and the partition's next holding starts from its committed offset.
import { delay } from '@sluice/runtime/backoff'
import type { Assigned } from '#src/consumer-core.ts'
import type { ConsumeOptions, LogRecord } from '#src/event-log.ts'
import type { FetchedPartition, PartitionReader } from './partition-reader.ts'

export interface Fetcher {
  /** What is there, within the limits of the options, the partitions in the order given. Goes on reading meanwhile. */
  take(assigned: readonly Assigned[]): readonly LogRecord[]
  /** When a broker last answered a request, by the monotonic clock; null while none is under way. */
  waitingSince(): number | null
  /** For how long the partition that has failed longest could not be read, in ms; with the last error. */
  failing(): { partition: number; forMs: number; cause: unknown } | null
  close(): void
}

type Buffered = {
  holding: Assigned
  /** The next offset to ask for. */
  next: bigint
  records: LogRecord[]
  bytes: number
  failure: { since: number; cause: unknown } | null
}

/** How long a broker may wait for a first record: also the longest wait of a partition that is won meanwhile. */
const MAX_WAIT_MS = 250
/** What a record takes in memory besides its value, roughly: a flood of empty ones must be bounded too. */
const RECORD_COST_BYTES = 200
const PARTITION_BYTES = 1_048_576
const FAIL_PAUSE_MS = 200
/** A leader whose answer held less is asked again only after the time that a batch may wait: an answer costs it and us the same, whatever is in it. */
const SMALL_ANSWER_BYTES = 262_144

export function createFetcher({
  reader,
  options,
  maxBatchBytes,
  topicId,
  readStart,
  wake,
  onGone,
}: {
  reader: PartitionReader
  options: ConsumeOptions
  maxBatchBytes: number
  topicId: string
  /** The first offset of a partition that is still there. */
  readStart: (partition: number) => Promise<bigint>
  /** Something can be taken. */
  wake: () => void
  /** The topic was deleted or made again. */
  onGone: () => void
}): Fetcher {
  const buffers = new Map<Assigned, Buffered>()
  const running = new Set<number>()
  const closed = new AbortController()
  let starting = false
  let staleLeaders = false
  let answeredAt = performance.now()

  const ours = () => [...buffers.values()].filter(({ holding }) => holding.ours)
  /** Read on while the application works on what it took, but no further than the next batch. */
  const isHungry = () => ours().reduce((sum, { bytes }) => sum + bytes, 0) < options.maxBytes / 2
  const fail = (failed: readonly Buffered[], cause: unknown) => {
    staleLeaders = true
    for (const buffered of failed) buffered.failure = { since: buffered.failure?.since ?? performance.now(), cause }
  }
  /** @returns bytes of the records that it kept */
  const store = async (buffered: Buffered, fetched: FetchedPartition): Promise<number> => {
    if (!buffered.holding.ours || buffered.next !== fetched.offset) return 0
    if (fetched.error === 'OFFSET_OUT_OF_RANGE') {
      // The offset left the log, or the log lost its end. Never the other end: records between would reach nobody.
      buffered.next = await readStart(buffered.holding.partition)
      return 0
    }
    if (fetched.error !== null) {
      fail([buffered], new Error(`the broker says ${fetched.error}`))
      return 0
    }
    buffered.failure = null
    buffered.next = fetched.next
    let bytes = 0
    for (const record of fetched.records) {
      buffered.records.push(record)
      bytes += record.value.length + RECORD_COST_BYTES
    }
    buffered.bytes += bytes
    return bytes
  }
  const fetchFrom = async (node: number, asked: readonly Buffered[]): Promise<number> => {
    let bytes = 0
    try {
      const positions = asked.map(({ holding, next }) => ({ partition: holding.partition, offset: next }))
      const fetched = await reader.fetch(node, topicId, positions, {
        maxWaitMs: MAX_WAIT_MS,
        maxBytes: options.maxBytes,
        partitionBytes: Math.max(PARTITION_BYTES, maxBatchBytes),
      })
      answeredAt = performance.now()
      for (const [index, partition] of fetched.entries()) bytes += await store(asked[index] as Buffered, partition)
    } catch (cause) {
      fail(asked, cause)
    }
    // Once all are there, so that they travel together.
    if (bytes > 0) wake()
    return bytes
  }
  /** Reads from one leader, always all of its partitions: one that is left out would be passed over by a long wait. */
  const readFrom = async (node: number, isLed: (buffered: Buffered) => boolean) => {
    running.add(node)
    while (!closed.signal.aborted && !staleLeaders) {
      const led = ours().filter(isLed)
      if (led.length === 0 || !isHungry()) break
      const pauseOver = performance.now() + options.maxWaitMs
      const bytes = await fetchFrom(node, led)
      const waitMs = pauseOver - performance.now()
      if (bytes > 0 && bytes < SMALL_ANSWER_BYTES && waitMs > 0) await delay(waitMs, closed.signal)
    }
    running.delete(node)
    if (staleLeaders) void start()
  }
  const start = async () => {
    if (starting || closed.signal.aborted || buffers.size === 0 || !isHungry()) return
    starting = true
    if (running.size === 0 && !staleLeaders) answeredAt = performance.now()
    try {
      if (staleLeaders) await delay(FAIL_PAUSE_MS, closed.signal)
      const leaders = await reader.leaders(staleLeaders)
      staleLeaders = false
      if (leaders.topicId !== topicId) return onGone()
      const leaderless = ours().filter(({ holding }) => !leaders.byPartition.has(holding.partition))
      for (const node of new Set(leaders.byPartition.values()))
        if (!running.has(node))
          void readFrom(node, ({ holding }) => leaders.byPartition.get(holding.partition) === node)
      if (leaderless.length > 0) fail(leaderless, new Error('the partition has no leader'))
    } catch (cause) {
      fail(ours(), cause)
    } finally {
      starting = false
    }
    if (staleLeaders) void start()
  }
  const sync = (assigned: readonly Assigned[]) => {
    for (const holding of buffers.keys()) if (!assigned.includes(holding)) buffers.delete(holding)
    for (const holding of assigned)
      if (!buffers.has(holding))
        buffers.set(holding, { holding, next: holding.position, records: [], bytes: 0, failure: null })
  }

  return {
    take(assigned) {
      sync(assigned)
      const batch: LogRecord[] = []
      let bytes = 0
      filling: for (const holding of assigned) {
        const buffered = buffers.get(holding) as Buffered
        let given = 0
        try {
          for (const record of buffered.records) {
            if (batch.length >= options.maxRecords) break filling
            if (batch.length > 0 && bytes + record.value.length > options.maxBytes) break filling
            bytes += record.value.length
            buffered.bytes -= record.value.length + RECORD_COST_BYTES
            batch.push(record)
            given += 1
          }
        } finally {
          if (given > 0) buffered.records.splice(0, given)
        }
      }
      void start()
      return batch
    },
    waitingSince: () => (running.size > 0 || staleLeaders ? answeredAt : null),
    failing() {
      let worst: { partition: number; forMs: number; cause: unknown } | null = null
      for (const { holding, failure } of ours()) {
        const forMs = failure === null ? 0 : performance.now() - failure.since
        if (failure !== null && forMs > (worst?.forMs ?? -1))
          worst = { partition: holding.partition, forMs, cause: failure.cause }
      }
      return worst
    },
    close: () => closed.abort(),
  }
}
