import {
  type AppendOutcome,
  type AppendRecord,
  LogUnavailableError,
  type RecordTooLargeError,
  UnknownTopicError,
} from '#src/event-log.ts'
import { refuseTooLarge } from '#src/record-size.ts'
import { toParcels } from './parcels.ts'
import type { Producers } from './producers.ts'
import { type Consignment, createSendLane, type ParcelOutcome, type SendLane } from './send-lane.ts'
import type { KafkaTopic, KafkaTopics } from './topics.ts'

/** 4 s for the whole append (reliability.md 4). */
export const APPEND_BUDGET_MS = 4_000
/** As much as ingest lets in at all; the client's own queue has no bound. */
const MAX_PENDING_BYTES = 67_108_864
/** What a record takes in a batch besides key, value and headers: the batch's head, and some headers' lengths. */
const BATCH_ROOM_BYTES = 1_024

export interface KafkaAppend {
  append(topic: string, records: readonly AppendRecord[]): Promise<readonly AppendOutcome[]>
  /** Refuses what waits and what comes. */
  close(): void
}

type Once = { outcomes: readonly AppendOutcome[]; topicGone: boolean }

/** Appends through one lane per partition, and answers in time whatever the brokers do. */
export function createKafkaAppend({
  topics,
  producers,
  maxRecordBytes,
  budgetMs,
}: {
  topics: KafkaTopics
  producers: Producers
  maxRecordBytes: number
  budgetMs: number
}): KafkaAppend {
  /** By topic and partition. */
  const lanes = new Map<string, SendLane[]>()
  let pendingBytes = 0
  let closed = false

  const laneOf = (topic: string, partition: number): SendLane => {
    let ofTopic = lanes.get(topic)
    if (!ofTopic) {
      ofTopic = []
      lanes.set(topic, ofTopic)
    }
    ofTopic[partition] ??= createSendLane(topic, partition, producers.of(partition))
    return ofTopic[partition]
  }

  const send = (topic: KafkaTopic, records: readonly AppendRecord[], deadlineMs: number): Promise<Once> => {
    const route = topic.lanes.route(records, (partition) => laneOf(topic.name, partition).isBlocked())
    const outcomes = new Array<AppendOutcome>(records.length)
    const { promise, resolve } = Promise.withResolvers<Once>()
    const open = new Set<{ lane: SendLane; consignment: Consignment }>()
    let sending = 0
    let gone = 0
    const settle = (indexes: readonly number[], outcomeOf: (nth: number) => AppendOutcome) => {
      indexes.forEach((index, nth) => {
        outcomes[index] = outcomeOf(nth)
      })
    }
    const answerWhenAll = () => {
      if (open.size > 0) return
      clearTimeout(timer)
      resolve({ outcomes, topicGone: gone === records.length })
    }
    const timer = setTimeout(() => {
      for (const { lane, consignment } of [...open]) {
        const { indexes } = consignment.parcel
        const waited = lane.takeBack(consignment)
        if (waited) {
          settle(indexes, () => ({ type: 'refused', error: waited }))
          ended(consignment)
        } else {
          const error = new LogUnavailableError(`appending to ${topic.name}: no answer in time`)
          settle(indexes, () => ({ type: 'unknown', error }))
        }
      }
      open.clear()
      answerWhenAll()
    }, deadlineMs - performance.now())

    // The lane counts as busy until the client has let go, though the answer was given before: the next ones go elsewhere.
    const ended = ({ parcel }: Consignment) => {
      pendingBytes -= parcel.bytes
      sending -= 1
      if (sending === 0) route.done()
    }
    for (const { partition, indexes } of route.parts) {
      const lane = laneOf(topic.name, partition)
      for (const parcel of toParcels(records, indexes, topic.maxBatchBytes)) {
        const consignment: Consignment = {
          parcel,
          onEnd(outcome) {
            ended(consignment)
            if (!open.delete(item)) return
            if (outcome.type === 'refused' && outcome.fault === 'too_large') topics.forget(topic.name)
            if (outcome.type === 'refused' && outcome.fault === 'topic_gone') gone += parcel.indexes.length
            settle(parcel.indexes, (nth) => toOutcome(outcome, partition, nth))
            answerWhenAll()
          },
        }
        const item = { lane, consignment }
        open.add(item)
        sending += 1
        pendingBytes += parcel.bytes
      }
    }
    for (const { lane, consignment } of [...open]) lane.add(consignment, topic.maxBatchBytes)
    return promise
  }

  const appendOnce = async (
    name: string,
    records: readonly AppendRecord[],
    deadlineMs: number,
    mayRetry: boolean,
  ): Promise<readonly AppendOutcome[]> => {
    const refuse = (error: LogUnavailableError | RecordTooLargeError) =>
      records.map((): AppendOutcome => ({ type: 'refused', error }))
    let topic: KafkaTopic
    try {
      topic = await topics.find(name)
    } catch (error) {
      if (error instanceof UnknownTopicError) throw error
      return refuse(error as LogUnavailableError)
    }
    const { fitting, merge } = refuseTooLarge(records, Math.min(maxRecordBytes, topic.maxBatchBytes - BATCH_ROOM_BYTES))
    if (fitting.length === 0) return merge([])
    if (closed) return refuse(new LogUnavailableError('the log is closed'))
    if (pendingBytes > MAX_PENDING_BYTES)
      return refuse(new LogUnavailableError(`${pendingBytes} bytes wait for the brokers already`))
    const { outcomes, topicGone } = await send(topic, fitting, deadlineMs)
    if (!topicGone) return merge(outcomes)
    topics.forget(name)
    return mayRetry ? appendOnce(name, records, deadlineMs, false) : merge(outcomes)
  }

  return {
    append: (name, records) => appendOnce(name, records, performance.now() + budgetMs, true),
    close() {
      closed = true
      for (const ofTopic of lanes.values()) for (const lane of Object.values(ofTopic)) lane.close()
    },
  }
}

function toOutcome(outcome: ParcelOutcome, partition: number, nth: number): AppendOutcome {
  switch (outcome.type) {
    case 'done':
      return { type: 'done', partition, offset: outcome.base + BigInt(nth) }
    case 'refused':
      return { type: 'refused', error: outcome.error }
    case 'unknown':
      return outcome
    default:
      return outcome satisfies never
  }
}
