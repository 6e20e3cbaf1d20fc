import type { Admin } from '@platformatic/kafka'
import { DLQ_TOPIC } from '@sluice/contract/topics'
import { MAX_RECORD_BYTES } from '#src/record-size.ts'
import { hasApiId } from './kafka-errors.ts'

/** A record of the largest size, the head of its batch and a few headers. */
const RAW_MAX_BYTES = MAX_RECORD_BYTES + 65_536
/** What a dead letter has beyond its record: the reason, the detail and where it came from. */
export const DLQ_ROOM_BYTES = 65_536

/**
 * Makes topics: on three brokers if there are as many, else on all. Made meanwhile by another process is as good.
 * @param topics how many partitions each gets
 * @param retentionMs how long they keep records
 * @throws what the client says
 */
export async function createTopics(
  admin: Admin,
  topics: Readonly<Record<string, number>>,
  retentionMs: number,
): Promise<void> {
  const { brokers } = await admin.metadata({ topics: [], forceUpdate: true })
  const replicas = Math.min(3, brokers.size)
  for (const [topic, partitions] of Object.entries(topics)) {
    const settings = {
      'retention.ms': retentionMs,
      'message.timestamp.type': 'LogAppendTime',
      'max.message.bytes': topic === DLQ_TOPIC ? RAW_MAX_BYTES + DLQ_ROOM_BYTES : RAW_MAX_BYTES,
      'min.insync.replicas': replicas >= 3 ? 2 : 1,
    }
    const configs = Object.entries(settings).map(([name, value]) => ({ name, value: String(value) }))
    await admin.createTopics({ topics: [topic], partitions, replicas, configs }).catch((error: unknown) => {
      if (!hasApiId(error, 'TOPIC_ALREADY_EXISTS')) throw error
    })
  }
}
