import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '@sluice/runtime/clock'
import {
  type AppendOutcome,
  type AppendRecord,
  type Consumer,
  type EventLog,
  type LogRecord,
  LogUnavailableError,
  type PartitionLag,
  UnknownTopicError,
} from './event-log.ts'
import { createMemoryGroup, type MemoryGroup } from './memory-group.ts'
import { createPartitionLanes, type PartitionLanes } from './partition-lanes.ts'
import { MAX_RECORD_BYTES, NEWEST_BYTES, refuseTooLarge, withinBytes } from './record-size.ts'

type MemoryTopic = {
  generation: string
  /** All records in the order in which they were appended. */
  appended: LogRecord[]
  partitions: readonly LogRecord[][]
  lanes: PartitionLanes
  groups: Map<string, MemoryGroup>
}

/** A log in this process alone, with a way to add topics. */
export type MemoryEventLog = EventLog & {
  createTopic(name: string, partitions: number): void
  /** The same topics and groups as one more process would have them open: disposed for itself. */
  openAgain(): EventLog
}

/**
 * A log in memory, for use cases under test and for trying things out. It keeps the port's whole promise except that
 * nothing outlives the process, and nothing is ever removed.
 * @param topics how many partitions each topic has
 * @param clock what `appendedAt` is read from
 */
export function createMemoryEventLog({
  topics,
  clock = systemClock,
  maxRecordBytes = MAX_RECORD_BYTES,
}: {
  topics: Readonly<Record<string, number>>
  clock?: Clock
  maxRecordBytes?: number
}): MemoryEventLog {
  const byName = new Map<string, MemoryTopic>()

  const createTopic = (name: string, partitions: number) => {
    byName.set(name, {
      generation: randomUUID(),
      appended: [],
      partitions: Array.from({ length: partitions }, () => []),
      lanes: createPartitionLanes(partitions),
      groups: new Map(),
    })
  }
  for (const [name, partitions] of Object.entries(topics)) createTopic(name, partitions)

  const findGroup = (topic: MemoryTopic, name: string): MemoryGroup => {
    const group = topic.groups.get(name) ?? createMemoryGroup(topic.partitions, topic.generation)
    topic.groups.set(name, group)
    return group
  }
  const write = (name: string, topic: MemoryTopic, records: readonly AppendRecord[]) => {
    const at = clock.now()
    const route = topic.lanes.route(records)
    const outcomes = new Array<{ type: 'done'; partition: number; offset: bigint }>(records.length)
    for (const { partition, indexes } of route.parts) {
      const log = topic.partitions[partition] ?? []
      for (const index of indexes) {
        const record = records[index]
        if (!record) continue
        const offset = BigInt(log.length)
        const { key, value, headers } = record
        const copy = { key, value: Buffer.from(value), headers: { ...headers } }
        const written = { topic: name, partition, offset, ...copy, appendedAt: new Date(at) }
        log.push(written)
        topic.appended.push(written)
        outcomes[index] = { type: 'done', partition, offset }
      }
    }
    route.done()
    for (const group of topic.groups.values()) group.wake()
    return outcomes
  }

  const open = (): EventLog => openView({ byName, findGroup, write, maxRecordBytes })
  return { ...open(), createTopic, openAgain: open }
}

type MemoryParts = {
  byName: ReadonlyMap<string, MemoryTopic>
  findGroup: (topic: MemoryTopic, name: string) => MemoryGroup
  write: (name: string, topic: MemoryTopic, records: readonly AppendRecord[]) => readonly AppendOutcome[]
  maxRecordBytes: number
}

function openView({ byName, findGroup, write, maxRecordBytes }: MemoryParts): EventLog {
  const consumers = new Set<Consumer>()
  let closed = false
  const findTopic = (name: string): MemoryTopic => {
    if (closed) throw new LogUnavailableError('the log is closed')
    const topic = byName.get(name)
    if (!topic) throw new UnknownTopicError(name)
    return topic
  }

  return {
    async append(name, records) {
      const { fitting, merge } = refuseTooLarge(records, maxRecordBytes)
      if (closed)
        return merge(fitting.map(() => ({ type: 'refused', error: new LogUnavailableError('the log is closed') })))
      return merge(write(name, findTopic(name), fitting))
    },
    async consume(options) {
      const topic = findTopic(options.topic)
      const consumer = findGroup(topic, options.group).join(options)
      consumers.add(consumer)
      return consumer
    },
    async lag(name, groupName) {
      const topic = findTopic(name)
      const group = topic.groups.get(groupName)
      return topic.partitions.map((records, partition) =>
        partitionLag(partition, records, group?.committed(partition) ?? null),
      )
    },
    async newest(name, limit, before) {
      const { appended } = findTopic(name)
      const newest = appended
        .filter(({ appendedAt }) => before === undefined || appendedAt < before)
        .slice(-limit)
        .reverse()
      return withinBytes(newest, NEWEST_BYTES)
    },
    async read(name, partition, from, limit) {
      const start = Number(from < 0n ? 0n : from)
      return (findTopic(name).partitions[partition] ?? []).slice(start, start + limit)
    },
    async ready() {
      if (closed) throw new LogUnavailableError('the log is closed')
    },
    async [Symbol.asyncDispose]() {
      closed = true
      await Promise.all([...consumers].map((consumer) => consumer.close()))
    },
  }
}

function partitionLag(partition: number, records: readonly LogRecord[], committed: bigint | null): PartitionLag {
  const end = BigInt(records.length)
  const from = committed ?? 0n
  const oldestWaitingAt = records[Number(from)]?.appendedAt ?? null
  return { partition, start: 0n, end, committed, lag: end - from, oldestWaitingAt }
}
