import { decodeEnvelope } from '@sluice/contract/envelope'
import { DLQ_TOPIC, RAW_TOPIC } from '@sluice/contract/topics'
import type { Account } from '@sluice/loadgen/verify/account'
import { FLAG } from '@sluice/loadgen/verify/event-columns'
import type { Findings } from '@sluice/loadgen/verify/findings'
import type { TopicLog } from './topic-log.ts'

/** Copies of one event beyond the first, in each topic: legal, and few. */
export type TopicCopies = { rawCopies: number; dlqCopies: number }

/**
 * Reads every record of both topics and compares it with what was sent: nothing that was refused may lie there, nothing
 * under another tenant, and each dead letter must lie in its topic.
 */
export async function compareTopics(account: Account, log: TopicLog, findings: Findings): Promise<TopicCopies> {
  const raw = await countRecords(account, log, findings, RAW_TOPIC)
  const dlq = await countRecords(account, log, findings, DLQ_TOPIC)
  const { events } = account
  for (let index = 0; index < events.count; index++)
    if (events.has(index, FLAG.deadLetter) && (dlq[index] ?? 0) === 0)
      findings.add('unbalanced', () => account.exampleOf(index, `a dead letter without a record in ${DLQ_TOPIC}`))
  return { rawCopies: copiesOf(raw), dlqCopies: copiesOf(dlq) }
}

const copiesOf = (counts: Uint32Array) => counts.reduce((sum, count) => sum + Math.max(0, count - 1), 0)

/** How many records of a topic each event has. */
async function countRecords(account: Account, log: TopicLog, findings: Findings, topic: string): Promise<Uint32Array> {
  const { events, run } = account
  const counts = new Uint32Array(events.count)
  for await (const page of log.records(topic))
    for (const { value, partition, offset } of page) {
      const reading = decodeEnvelope(value)
      if (reading.type === 'malformed' || !reading.head.idempotencyKey.startsWith(run.key_prefix)) continue
      const { tenantId, idempotencyKey, fingerprint } = reading.head
      const at = `${topic} ${partition}/${offset}`
      const key = account.keyOf(tenantId, idempotencyKey)
      const index = key === null ? -1 : events.find(key, fingerprint)
      const say = (number: 'ghost' | 'tenantLeak', why: string) =>
        findings.add(number, () => ({ tenant: tenantId, key: idempotencyKey, why: `${at}: ${why}` }))
      if (index !== -1) {
        counts[index] = (counts[index] ?? 0) + 1
        const isOpen = events.has(index, FLAG.accepted) || events.has(index, FLAG.unknown)
        if (!isOpen) say('ghost', 'every try was refused')
      } else if (key === null && run.tenants.some((tenant) => account.keyOf(tenant, idempotencyKey) !== null))
        say('tenantLeak', 'another tenant sent it')
      else say('ghost', 'the run never sent it')
    }
  return counts
}
