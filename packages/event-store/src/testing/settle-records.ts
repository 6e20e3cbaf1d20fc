import { encodeEnvelope } from '@sluice/contract/envelope'
import { judgeEvent } from '@sluice/contract/event'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import { newReceiptId } from '@sluice/contract/identifiers'
import { RAW_TOPIC } from '@sluice/contract/topics'
import type { Redrive, SettleBatch, SettleRecord } from '../event-store.ts'

export type RecordWish = {
  tenant?: string
  key?: string
  partition?: number
  offset: number
  receipt?: string
  receivedAt?: string
  eventId?: string
  eventType?: string
  occurredAt?: string
  /** JSON text. */
  payload?: string
  /** Members beyond the five, as JSON text that begins with a comma. */
  extra?: string
  redrive?: Redrive
}

/** A record as the processor hands it over: judged by the real rules, so a wish that breaks them is a dead letter. */
export function aRecord(wish: RecordWish): SettleRecord {
  const key = wish.key ?? `key-${wish.offset}`
  const type = wish.eventType === undefined ? '"order.created"' : JSON.stringify(wish.eventType)
  const body = Buffer.from(
    `{"event_id":${JSON.stringify(wish.eventId ?? `event-${key}`)},"event_type":${type},"schema_version":1,` +
      `"occurred_at":"${wish.occurredAt ?? '2026-05-04T10:00:00Z'}","payload":${wish.payload ?? '{"n":1}'}${wish.extra ?? ''}}`,
  )
  const head = {
    receiptId: wish.receipt ?? newReceiptId(Date.now()),
    tenantId: wish.tenant ?? 'acme',
    idempotencyKey: key,
    fingerprint: fingerprintOf(body),
    requestId: 'request-1',
    receivedAt: wish.receivedAt ?? new Date(Date.now() - 20).toISOString(),
  }
  const original = encodeEnvelope(head, body)
  const position = {
    partition: wish.partition ?? 0,
    offset: BigInt(wish.offset),
    original,
    redrive: wish.redrive ?? null,
  }
  const judgement = judgeEvent(body)
  return judgement.type === 'valid'
    ? { ...position, type: 'event', head, event: judgement.event }
    : { ...position, ...judgement, head }
}

/** A record that no envelope can be read from. */
export function anUnreadableRecord(offset: number, bytes = `garbage ${offset}`, partition = 0): SettleRecord {
  return {
    type: 'dead_letter',
    partition,
    offset: BigInt(offset),
    original: Buffer.from(bytes),
    head: null,
    eventId: null,
    eventType: null,
    reason: 'MALFORMED_RECORD',
    detail: 'The record is not an envelope with an event',
    pointer: null,
    stage: 'decode',
  }
}

export const aBatch = (...records: SettleRecord[]): SettleBatch => ({
  topic: RAW_TOPIC,
  topicGeneration: 'generation-1',
  records,
})

/** The same event again: key, body and fingerprint, under another receipt and at another position. */
export function repeatOf(record: SettleRecord, offset: number, receipt = newReceiptId(Date.now())): SettleRecord {
  if (record.head === null) throw new TypeError('a record without a head has no event to repeat')
  return { ...record, offset: BigInt(offset), head: { ...record.head, receiptId: receipt } } as SettleRecord
}
