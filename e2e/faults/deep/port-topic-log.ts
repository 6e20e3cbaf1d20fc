import { decodeEnvelope } from '@sluice/contract/envelope'
import { PROCESSOR_GROUP, RAW_TOPIC } from '@sluice/contract/topics'
import { type EventLog, LogUnavailableError } from '@sluice/event-log'
import { EvidenceError } from '@sluice/loadgen/verify/evidence'
import type { TopicLog, TopicPosition, TopicRecord } from './topic-log.ts'

const PAGE = 500

/**
 * A topic read by the platform's own port, for logs that no SQL reaches: Kafka. It sees what a consumer sees; what the adapter
 * itself hides from every reader it cannot tell.
 */
export function createPortTopicLog(log: Pick<EventLog, 'lag' | 'read'>): TopicLog {
  const positions = async (topic: string): Promise<TopicPosition[]> => {
    const partitions = await asEvidence(log.lag(topic, PROCESSOR_GROUP))
    return partitions.map(({ partition, start, end, committed }) => {
      if (start === null || end === null) throw new EvidenceError(`the log does not tell the ends of ${topic}`)
      return { partition, start, end, committed }
    })
  }

  async function* pagesOf(topic: string, { partition, start }: TopicPosition): AsyncGenerator<TopicRecord[]> {
    for (let from = start; ; ) {
      const records = await asEvidence(log.read(topic, partition, from, PAGE))
      const last = records.at(-1)
      if (last === undefined) return
      from = last.offset + 1n
      yield records.map(({ offset, value }) => ({ partition, offset, value }))
    }
  }

  return {
    positions,
    async *records(topic) {
      for (const position of await positions(topic)) yield* pagesOf(topic, position)
    },
    async isWaiting(receiptId) {
      for (const position of await positions(RAW_TOPIC)) {
        const waiting = { ...position, start: position.committed ?? position.start }
        for await (const page of pagesOf(RAW_TOPIC, waiting))
          if (page.some(({ value }) => isOf(value, receiptId))) return true
      }
      return false
    },
  }
}

function isOf(value: Buffer, receiptId: string): boolean {
  const reading = decodeEnvelope(value)
  return reading.type === 'envelope' && reading.head.receiptId === receiptId
}

async function asEvidence<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (cause) {
    if (cause instanceof LogUnavailableError) throw new EvidenceError('the log does not answer', { cause })
    throw cause
  }
}
