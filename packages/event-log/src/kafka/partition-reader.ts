import { Consumer, protocolErrorsCodesById } from '@platformatic/kafka'
import type { LogRecord } from '#src/event-log.ts'
import { closeInTime } from './close-in-time.ts'
import { clientOptions, ignoreErrorsOf, type KafkaConnection } from './connection.ts'
import { decodeRecords } from './decode-records.ts'

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>

export type FetchPosition = { partition: number; offset: bigint }

export type FetchLimits = {
  /** How long the broker may wait for a first record, in ms. */
  maxWaitMs: number
  /** Of all partitions together; the first record batch comes all the same. */
  maxBytes: number
  /** Of one partition: a record batch that is larger comes only when nothing else does. */
  partitionBytes: number
}

export type FetchedPartition = {
  partition: number
  /** What was asked for. */
  offset: bigint
  records: readonly LogRecord[]
  /** Where reading goes on. */
  next: bigint
  /** The broker's error id for this partition; null when it was read. */
  error: string | null
}

/**
 * Reads partitions of one topic without joining a group. No stream of the client: that one keeps its positions across
 * changes of assignment and skips records (measured), and tells the producers' clocks instead of the log's.
 */
export interface PartitionReader {
  /** Which broker leads each partition now; partitions without a leader are missing. @throws what the client says */
  leaders(fresh: boolean): Promise<{ topicId: string; byPartition: ReadonlyMap<number, number> }>
  /** One request to one broker; requests to the same one follow each other. @throws what the client says */
  fetch(
    node: number,
    topicId: string,
    positions: readonly FetchPosition[],
    limits: FetchLimits,
  ): Promise<readonly FetchedPartition[]>
  close(): Promise<void>
}

/** Longer than any wait for new records, short enough to notice a stalled broker. */
const REQUEST_TIMEOUT_MS = 2_500
/** What a broker says when it and the client disagree about the session of their fetches; the next request starts anew. */
const SESSION_ERRORS: ReadonlySet<string> = new Set([
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR',
])

export function openPartitionReader(connection: KafkaConnection, clientId: string, topic: string): PartitionReader {
  const consumer = new Consumer({
    ...clientOptions(connection, clientId),
    groupId: `${clientId}-reads-without-a-group`, // the client wants one; it is never joined
    autocommit: false,
    retries: 0,
    requestTimeout: REQUEST_TIMEOUT_MS,
  })
  ignoreErrorsOf(consumer)
  consumer.topics.track(topic)
  const busy = new Map<number, Promise<unknown>>()

  const fetchOnce = async (
    node: number,
    topicId: string,
    positions: readonly FetchPosition[],
    { maxWaitMs, maxBytes, partitionBytes }: FetchLimits,
  ): Promise<FetchResponse> => {
    const partitions = positions.map(({ partition, offset }) => ({
      partition,
      fetchOffset: offset,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      partitionMaxBytes: partitionBytes,
    }))
    try {
      return await consumer.fetch({
        node,
        minBytes: 1,
        maxWaitTime: maxWaitMs,
        maxBytes,
        isolationLevel: 0, // markers of foreign transactions are skipped by us
        topics: [{ topicId, partitions }],
      })
    } catch (error) {
      // One partition's error fails the request in the client's eyes; the others' records are in its answer.
      const { response } = error as { response?: FetchResponse }
      if (response === undefined || response.errorCode !== 0) throw error
      return response
    }
  }
  const fetchInSession: typeof fetchOnce = async (...request) => {
    try {
      return await fetchOnce(...request)
    } catch (error) {
      const { response } = error as { response?: FetchResponse }
      if (!SESSION_ERRORS.has(errorId(response?.errorCode ?? 0) ?? '')) throw error
      return fetchOnce(...request)
    }
  }

  return {
    async leaders(fresh) {
      const metadata = await consumer.metadata({ topics: [topic], forceUpdate: fresh })
      const found = metadata.topics.get(topic)
      const byPartition = new Map<number, number>()
      for (const [partition, { leader }] of (found?.partitions ?? []).entries())
        if (metadata.brokers.has(leader)) byPartition.set(partition, leader)
      return { topicId: found?.id ?? '', byPartition }
    },
    async fetch(node, topicId, positions, limits) {
      const before = busy.get(node)
      const fetching = (before ?? Promise.resolve()).then(() => fetchInSession(node, topicId, positions, limits))
      const done = fetching.catch(() => {})
      busy.set(node, done)
      const { responses } = await fetching
      const answered = new Map(
        responses
          .filter((response) => response.topicId === topicId)
          .flatMap(({ partitions }) => partitions.map((partition) => [partition.partitionIndex, partition])),
      )
      // A partition with nothing new is left out of the answer.
      return positions.map(({ partition, offset }) => {
        const { errorCode = 0, records } = answered.get(partition) ?? {}
        return {
          partition,
          offset,
          error: errorId(errorCode),
          ...decodeRecords(topic, partition, records ?? [], offset),
        }
      })
    },
    async close() {
      await closeInTime(consumer, () => consumer.close(true))
    },
  }
}

const errorId = (code: number): string | null =>
  code === 0 ? null : (protocolErrorsCodesById[code] ?? `ERROR_${code}`)
