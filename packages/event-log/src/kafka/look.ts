// Looking into the log without joining a group.
import type { Admin } from '@platformatic/kafka'
import { type LogRecord, LogUnavailableError, type PartitionLag } from '#src/event-log.ts'
import { ask } from './ask.ts'
import { fetchOne } from './fetch-one.ts'
import { EARLIEST, LATEST, readCommitted, readOffsets } from './offsets.ts'
import type { FetchedPartition, FetchPosition, PartitionReader } from './partition-reader.ts'
import { readNewestOf } from './read-newest.ts'
import type { KafkaTopic, KafkaTopics } from './topics.ts'

const ANSWER_LIMIT_MS = 3_500
const NEWEST_LIMIT_MS = 2_000
const READY_LIMIT_MS = 1_000
/** As much as one `read` gives. */
const READ_BYTES = 4_194_304
/** Of each partition, to learn since when its first record waits; a larger batch comes alone. */
const FIRST_BYTES = 65_536
/** Records are there: the wait only bounds what a broker may take to find that out. */
const MAX_WAIT_MS = 100

export interface Look {
  lag(topic: string, group: string): Promise<readonly PartitionLag[]>
  newest(topic: string, limit: number, before?: Date): Promise<readonly LogRecord[]>
  read(topic: string, partition: number, from: bigint, limit: number): Promise<readonly LogRecord[]>
  ready(): Promise<void>
}

export function createLook({
  admin,
  topics,
  readerOf,
  mustTake,
}: {
  admin: Admin
  topics: KafkaTopics
  readerOf: (topic: string) => PartitionReader
  /** The topics that `ready` speaks for. */
  mustTake: readonly string[]
}): Look {
  /** When the log took the first record at an offset; remembered while the group stands still there. */
  const oldest = new Map<string, { offset: bigint; at: Date | null }>()

  const oldestWaitingAt = async (topic: KafkaTopic, group: string, from: ReadonlyMap<number, bigint>) => {
    const found = new Map<number, Date | null>()
    const unknown: { partition: number; offset: bigint }[] = []
    for (const [partition, offset] of from) {
      const remembered = oldest.get(`${topic.id}:${partition}:${group}`)
      if (remembered?.offset === offset) found.set(partition, remembered.at)
      else unknown.push({ partition, offset })
    }
    for (const { partition, offset, records } of await fetchFirst(readerOf(topic.name), unknown)) {
      const at = records[0]?.appendedAt ?? null
      found.set(partition, at)
      if (at !== null) oldest.set(`${topic.id}:${partition}:${group}`, { offset, at })
    }
    return found
  }

  const replicasWanted = async (name: string) => {
    try {
      return (await topics.find(name)).minInSyncReplicas
    } catch (cause) {
      throw new LogUnavailableError(`topic ${name} is not there`, { cause })
    }
  }

  return {
    lag: async (name, group) => {
      const topic = await topics.find(name)
      return ask(`reading the lag of ${group} on ${name}`, ANSWER_LIMIT_MS, async () => {
        const [starts, ends, committed] = await Promise.all([
          readOffsets(admin, topic, EARLIEST),
          readOffsets(admin, topic, LATEST),
          readCommitted(admin, topic, group),
        ])
        const places = Array.from({ length: topic.partitions }, (_, partition) =>
          place(partition, starts.get(partition), ends.get(partition), committed.get(partition)),
        )
        const waiting = new Map(places.flatMap(({ partition, from, lag }) => (lag ? [[partition, from]] : [])))
        const since = await oldestWaitingAt(topic, group, waiting)
        return places.map(({ from: _, ...partition }) => ({
          ...partition,
          oldestWaitingAt: since.get(partition.partition) ?? null,
        }))
      })
    },
    newest: async (name, limit, before) => {
      const started = performance.now()
      const topic = await topics.find(name)
      const limitMs = Math.max(1, NEWEST_LIMIT_MS - (performance.now() - started))
      return ask(`reading the newest records of ${name}`, limitMs, async (signal) => {
        const [starts, ends, bounds] = await Promise.all([
          readOffsets(admin, topic, EARLIEST),
          readOffsets(admin, topic, LATEST),
          before === undefined ? null : readOffsets(admin, topic, BigInt(before.getTime())),
        ])
        if (ends.size < topic.partitions) throw new Error('some partitions have no leader now')
        const ranges = [...ends].map(([partition, end]) => {
          const bound = bounds?.get(partition) ?? -1n
          return { partition, start: starts.get(partition) ?? 0n, end: bound < 0n ? end : bound }
        })
        return readNewestOf({ reader: readerOf(name), maxBatchBytes: topic.maxBatchBytes }, ranges, limit, signal)
      })
    },
    read: async (name, partition, from, limit) => {
      const topic = await topics.find(name)
      return ask(`reading partition ${partition} of ${name}`, ANSWER_LIMIT_MS, async (signal) => {
        const [starts, ends] = await Promise.all([
          readOffsets(admin, topic, EARLIEST),
          readOffsets(admin, topic, LATEST),
        ])
        const [start, end] = [starts.get(partition), ends.get(partition)]
        if (start === undefined || end === undefined) throw new Error('the partition has no leader now')
        const source = { reader: readerOf(name), partition, maxBatchBytes: topic.maxBatchBytes }
        return readRange(source, { from, start, end }, limit, signal)
      })
    },
    async ready() {
      await ask('asking whether the log takes records', READY_LIMIT_MS, async () => {
        const metadata = await admin.metadata({ topics: [...mustTake], forceUpdate: true })
        if (metadata.brokers.size === 0) throw new Error('no broker is there')
        for (const name of mustTake) {
          const minInSyncReplicas = await replicasWanted(name)
          const partitions = metadata.topics.get(name)?.partitions ?? []
          // Keyless records go wherever they can: one partition that takes them is enough.
          const takes = partitions.some(
            ({ leader, isr, replicas }) => leader >= 0 && isr.length >= Math.min(minInSyncReplicas, replicas.length),
          )
          if (!takes)
            throw new LogUnavailableError(`no partition of ${name} has its ${minInSyncReplicas} in-sync replicas`)
        }
      })
    },
  }
}

function place(partition: number, start: bigint | undefined, end: bigint | undefined, committed: bigint | undefined) {
  const known = start !== undefined && end !== undefined
  // What left the log unread waits no more: lag counts from the first offset still there.
  const from = known && committed !== undefined && committed > start ? committed : (start ?? 0n)
  const lag = known ? (end > from ? end - from : 0n) : null
  return { partition, start: start ?? null, end: end ?? null, committed: committed ?? null, lag, from }
}

/** The first record batch at each position; partitions that cannot be read now are missing. */
async function fetchFirst(reader: PartitionReader, positions: readonly FetchPosition[]): Promise<FetchedPartition[]> {
  if (positions.length === 0) return []
  const { topicId, byPartition } = await reader.leaders(false)
  const nodes = new Set(positions.flatMap(({ partition }) => byPartition.get(partition) ?? []))
  const ofNode = async (node: number) => {
    const found: FetchedPartition[] = []
    let left = positions.filter(({ partition }) => byPartition.get(partition) === node)
    while (left.length > 0) {
      const maxBytes = FIRST_BYTES * left.length
      const limits = { maxWaitMs: MAX_WAIT_MS, maxBytes, partitionBytes: FIRST_BYTES }
      const given = (await reader.fetch(node, topicId, left, limits)).filter(({ records }) => records.length > 0)
      if (given.length === 0) break
      found.push(...given)
      left = left.filter(({ partition }) => !given.some((one) => one.partition === partition))
    }
    return found
  }
  const fetched = await Promise.allSettled([...nodes].map(ofNode))
  return fetched.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
}

async function readRange(
  source: { reader: PartitionReader; partition: number; maxBatchBytes: number },
  { from, start, end }: { from: bigint; start: bigint; end: bigint },
  limit: number,
  signal: AbortSignal,
) {
  const records: LogRecord[] = []
  let bytes = 0
  let offset = from
  if (start > offset) offset = start
  while (offset < end && records.length < limit && bytes < READ_BYTES) {
    const fetched = await fetchOne(source, offset, READ_BYTES, signal)
    for (const record of fetched.records) {
      if (records.length >= limit || (records.length > 0 && bytes + record.value.length > READ_BYTES)) return records
      bytes += record.value.length
      records.push(record)
    }
    offset = fetched.next
  }
  return records
}
