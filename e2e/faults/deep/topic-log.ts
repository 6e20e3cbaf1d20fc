import { PROCESSOR_GROUP, RAW_TOPIC } from '@sluice/contract/topics'
import type { Database } from './database.ts'

export type TopicPosition = {
  partition: number
  /** The first offset still held, and the one that the next record gets. */
  start: bigint
  end: bigint
  /** Null: the processors never committed here. */
  committed: bigint | null
}

export type TopicRecord = { partition: number; offset: bigint; value: Buffer }

/** A topic as it is, read without the platform's own code. */
export interface TopicLog {
  /** Where the processors' group stands in a topic. */
  positions(topic: string): Promise<TopicPosition[]>
  /** Every record that the topic holds, page by page, ascending within each partition. */
  records(topic: string): AsyncIterable<readonly TopicRecord[]>
  /** Whether a receipt stands on a record that the processors have not committed. */
  isWaiting(receiptId: string): Promise<boolean>
}

const PAGE = 500

/** The log in PostgreSQL, by SQL of this file's own. */
export function createPostgresTopicLog({ rows }: Database): TopicLog {
  return {
    async positions(topic) {
      const found = await rows<{ partition: number; start: string; end: string; committed: string | null }>(
        `SELECT p.partition, p.first_offset AS start, p.next_offset AS end, o.committed
         FROM log_partitions p LEFT JOIN log_group_offsets o ON o.partition_id = p.id AND o.group_name = $2
         WHERE p.topic = $1 ORDER BY p.partition`,
        [topic, PROCESSOR_GROUP],
      )
      return found.map(({ partition, start, end, committed }) => ({
        partition,
        start: BigInt(start),
        end: BigInt(end),
        committed: committed === null ? null : BigInt(committed),
      }))
    },

    async *records(topic) {
      const partitions = await rows<{ id: number; partition: number }>(
        'SELECT id, partition FROM log_partitions WHERE topic = $1 ORDER BY partition',
        [topic],
      )
      for (const { id, partition } of partitions)
        for (let after = -1n; ; ) {
          const page = await rows<{ record_offset: string; value: Buffer }>(
            `SELECT record_offset, value FROM log_records WHERE partition_id = $1 AND record_offset > $2
             ORDER BY record_offset LIMIT ${PAGE}`,
            [id, after],
          )
          const last = page.at(-1)
          if (last === undefined) break
          after = BigInt(last.record_offset)
          yield page.map(({ record_offset, value }) => ({ partition, offset: BigInt(record_offset), value }))
        }
    },

    async isWaiting(receiptId) {
      const head = Buffer.from(`{"v":1,"receipt_id":"${receiptId}"`)
      const found = await rows(
        `SELECT 1 FROM log_partitions p
         LEFT JOIN log_group_offsets o ON o.partition_id = p.id AND o.group_name = $2
         JOIN log_records r ON r.partition_id = p.id AND r.record_offset >= coalesce(o.committed, p.first_offset)
         WHERE p.topic = $1 AND substr(r.value, 1, $3) = $4 LIMIT 1`,
        [RAW_TOPIC, PROCESSOR_GROUP, head.length, head],
      )
      return found.length > 0
    },
  }
}
