import { createHash } from 'node:crypto'
import { type DeadLetterFacts, encodeDeadLetterHeaders } from '@sluice/contract/dead-letter'
import { deadLetterKey } from '@sluice/contract/dead-letter-key'
import type { AppendRecord } from '@sluice/event-log'
import type { SettleRecord } from '@sluice/event-store/event-store'

type Failure = Pick<DeadLetterFacts, 'reason' | 'detail' | 'pointer' | 'stage' | 'attempt'>

/**
 * The record that tells the dead-letter topic of a failure: the original value, byte for byte, the facts in the headers,
 * and a key that is the same for every copy, so that readers see one.
 */
export function toDeadLetterRecord(topic: string, record: SettleRecord, failure: Failure, nowMs: number): AppendRecord {
  const { partition, offset, original, head } = record
  const facts: DeadLetterFacts = {
    ...failure,
    failedAt: new Date(nowMs).toISOString(),
    source: { topic, partition, offset },
  }
  return {
    key: deadLetterKey(head ?? { topic, partition, offset, value: original }),
    value: original,
    headers: encodeDeadLetterHeaders(facts),
  }
}

/** What is appended where the topic cannot take the bytes: their length and digest. `dead_letters` has them whole. */
export function withoutValue(record: AppendRecord): AppendRecord {
  const { value, headers } = record
  const digest = createHash('sha256').update(value).digest('hex')
  return {
    ...record,
    value: Buffer.alloc(0),
    headers: { ...headers, 'sluice-value-length': String(value.length), 'sluice-value-sha256': digest },
  }
}
