import { encodeEnvelope } from '@sluice/contract/envelope'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import { newReceiptId } from '@sluice/contract/identifiers'
import { RAW_TOPIC } from '@sluice/contract/topics'
import type { AppendRecord, LogRecord } from '@sluice/event-log'
import { judgeRecord } from '#src/judge.ts'
import { toJudgedBatch } from '#src/settle-records.ts'

/** The body of an event as a producer sends it; `change` replaces members, undefined takes one away. */
export function aBody(change: Record<string, unknown> = {}): Buffer {
  const event = {
    event_id: 'event-1',
    event_type: 'order.created',
    schema_version: 1,
    occurred_at: '2026-05-04T10:00:00Z',
    payload: { n: 1 },
  }
  return Buffer.from(JSON.stringify({ ...event, ...change }))
}

/** A record as ingest appends it. */
export function anAccepted(key: string, body: Buffer = aBody({ event_id: `event-${key}` })): AppendRecord {
  const head = {
    receiptId: newReceiptId(Date.now()),
    tenantId: 'acme',
    idempotencyKey: key,
    fingerprint: fingerprintOf(body),
    requestId: 'request-1',
    receivedAt: new Date().toISOString(),
  }
  return { key: `acme ${key}`, value: encodeEnvelope(head, body), headers: {} }
}

/** The same as the log gives it. */
export function aLogRecord(
  value: Uint8Array,
  {
    offset = 0,
    partition = 0,
    headers = {},
  }: { offset?: number; partition?: number; headers?: LogRecord['headers'] } = {},
): LogRecord {
  const position = { topic: RAW_TOPIC, partition, offset: BigInt(offset) }
  return { ...position, key: null, value: Buffer.from(value), headers, appendedAt: new Date() }
}

/** A batch as the loop settles it. */
export const aJudgedBatch = (records: readonly LogRecord[]) =>
  toJudgedBatch(RAW_TOPIC, 'generation-1', records.map(judgeRecord))
