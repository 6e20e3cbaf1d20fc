import type { DeadLetterStage } from '@sluice/contract/dead-letter'
import { deadLetterKey } from '@sluice/contract/dead-letter-key'
import { isUuid } from '@sluice/contract/identifiers'
import { LATENCY_BUCKET_BOUNDS_MS } from '@sluice/contract/latency-buckets'
import { ByteBlob, maxUtf8Bytes } from './byte-blob.ts'
import type { SettleBatch, SettleRecord } from './event-store.ts'

/** A batch as the parameters of `settle_batch`, with the way back from its record numbers to the caller's order. */
export type PreparedBatch = {
  values: unknown[]
  /** Element n − 1 is the index of record n in the batch as it was handed in. */
  order: readonly number[]
}

/** SQL: 1 an event, 3 a dead letter. */
const STATUS = { event: 1, dead_letter: 3 } as const satisfies Record<SettleRecord['type'], number>

const NONE = 'NULL'
type Cell = string | number | bigint

/** One array literal; no cell may need quoting. */
const literal = (cells: readonly Cell[]) => `{${cells.join(',')}}`

/**
 * Sorts a batch and lays it out for `settle_batch`. Pure. The order (tenant, key, partition, offset) is the same in every
 * process, so that two batches with the same keys wait for each other but never in a circle.
 */
export function prepareBatch({ topic, topicGeneration, records }: SettleBatch, shard: number): PreparedBatch {
  const order = records.map((_, index) => index).sort((a, b) => compare(at(records, a), at(records, b)))
  const sorted = order.map((index) => at(records, index))
  const partitions = [...new Set(sorted.map((record) => record.partition))].sort((a, b) => a - b)
  const partOf = new Map(partitions.map((partition, index) => [partition, index + 1]))
  const blob = new ByteBlob(sorted.reduce((sum, record) => sum + maxBytesOf(record), 0))
  const texts = layTexts(sorted, blob)
  const counting = groupForCounting(sorted)
  const letters = layDeadLetters(sorted, topic)
  const redrives = layRedrives(sorted)
  const values = [
    topic,
    topicGeneration,
    shard,
    literal(LATENCY_BUCKET_BOUNDS_MS),
    literal(partitions),
    blob.toBuffer(),
    literal(sorted.map((record) => partOf.get(record.partition) ?? NONE)),
    literal(sorted.map((record) => record.offset)),
    literal(sorted.map((record) => STATUS[record.type])),
    literal(sorted.map((record) => record.head?.receiptId ?? NONE)),
    literal(sorted.map((record) => (record.head === null ? NONE : Date.parse(record.head.receivedAt)))),
    ...texts,
    literal(sorted.map((record) => (record.type === 'event' ? record.event.schemaVersion : NONE))),
    literal(sorted.map((record) => (record.type === 'event' ? `"${record.event.occurredAt}"` : NONE))),
    ...counting,
    ...letters,
    ...redrives,
  ]
  return { values, order }
}

function at(records: readonly SettleRecord[], index: number): SettleRecord {
  const record = records[index]
  if (record === undefined) throw new RangeError(`no record ${index} in a batch of ${records.length}`)
  return record
}

function compare(a: SettleRecord, b: SettleRecord): number {
  return (
    compareText(a.head?.tenantId ?? '', b.head?.tenantId ?? '') ||
    compareText(a.head?.idempotencyKey ?? '', b.head?.idempotencyKey ?? '') ||
    a.partition - b.partition ||
    Number(a.offset - b.offset)
  )
}

/** By code units: no locale, hence the same everywhere. */
const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const eventIdOf = (record: SettleRecord) =>
  record.type === 'event' ? record.event.eventId : storableText(record.eventId)
const eventTypeOf = (record: SettleRecord) =>
  record.type === 'event' ? record.event.eventType : storableText(record.eventType)

/** What a dead letter says of its event is shown and searched; a text that PostgreSQL would refuse counts as unreadable. */
function storableText(text: string | null): string | null {
  return text === null || text.length > 255 || text.includes('\0') || !text.isWellFormed() ? null : text
}

function maxBytesOf(record: SettleRecord): number {
  const { head, original } = record
  const names = maxUtf8Bytes(eventIdOf(record) ?? '') + maxUtf8Bytes(eventTypeOf(record) ?? '')
  const ids = head === null ? 0 : 32 + maxUtf8Bytes(head.tenantId) + maxUtf8Bytes(head.idempotencyKey)
  const event = record.type === 'event' ? record.event.payload.byteLength + (record.event.extra?.byteLength ?? 0) : 0
  return original.byteLength + ids + names + event
}

/** The eleven columns that say where in the blob each text stands. */
function layTexts(sorted: readonly SettleRecord[], blob: ByteBlob): string[] {
  const columns = Array.from({ length: 11 }, (): Cell[] => [])
  for (const record of sorted) {
    const { head } = record
    const original = blob.addBytes(record.original)
    const payload = record.type === 'event' ? blob.addPartOf(record.event.payload, record.original, original) : null
    const extra =
      record.type === 'event' && record.event.extra !== null
        ? blob.addPartOf(record.event.extra, record.original, original)
        : null
    // Without a head nothing of it is read; the places stay, so that event id and type are found all the same.
    const start = head === null ? blob.nextStart - 32 : blob.nextStart
    if (head !== null) blob.addText(head.fingerprint, 'hex')
    const cells = [
      start,
      head === null ? 0 : blob.addText(head.tenantId),
      head === null ? 0 : blob.addText(head.idempotencyKey),
      blob.addText(eventIdOf(record) ?? ''),
      blob.addText(eventTypeOf(record) ?? ''),
      payload?.start ?? NONE,
      payload?.length ?? NONE,
      extra?.start ?? NONE,
      extra?.length ?? NONE,
      original.start,
      original.length,
    ]
    for (const [index, cell] of cells.entries()) columns[index]?.push(cell)
  }
  return columns.map(literal)
}

/** Which counters each record moves: those of its tenant and type, and those of its tenant and the minute of its receipt. */
function groupForCounting(sorted: readonly SettleRecord[]): unknown[] {
  const types = new Groups<[tenant: string, type: string]>()
  const balances = new Groups<[tenant: string, minute: number | null]>()
  const typeOf: number[] = []
  const balanceOf: number[] = []
  for (const record of sorted) {
    const tenant = record.head?.tenantId ?? ''
    const minute = record.head === null ? null : Math.floor(Date.parse(record.head.receivedAt) / 60_000)
    typeOf.push(types.numberOf([tenant, eventTypeOf(record) ?? '']))
    balanceOf.push(balances.numberOf([tenant, minute]))
  }
  return [
    literal(typeOf),
    types.members.map(([tenant]) => tenant),
    types.members.map(([, type]) => type),
    literal(balanceOf),
    balances.members.map(([tenant]) => tenant),
    literal(balances.members.map(([, minute]) => minute ?? NONE)),
  ]
}

/** Numbers distinct members from 1. */
class Groups<Member extends readonly [string, string | number | null]> {
  readonly members: Member[] = []
  readonly #numbers = new Map<string, number>()

  numberOf(member: Member): number {
    // A tenant id holds no newline, so different members have different names.
    const name = `${member[0]}\n${member[1]}`
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    this.#numbers.set(name, this.members.push(member))
    return this.members.length
  }
}

function layDeadLetters(sorted: readonly SettleRecord[], topic: string): unknown[] {
  const numbers: number[] = []
  const reasons: string[] = []
  const details: string[] = []
  const pointers: (string | null)[] = []
  const stages: DeadLetterStage[] = []
  const identities: (string | null)[] = []
  for (const [index, record] of sorted.entries()) {
    if (record.type !== 'dead_letter') continue
    numbers.push(index + 1)
    reasons.push(record.reason)
    details.push(cleanText(record.detail))
    pointers.push(record.pointer === null ? null : cleanText(record.pointer))
    stages.push(record.stage)
    // With a head the event itself is the identity, by its columns.
    const { partition, offset, original: value } = record
    const identity = { type: 'record' as const, topic, partition, offset, value }
    identities.push(record.head === null ? deadLetterKey(identity) : null)
  }
  return [literal(numbers), reasons, details, pointers, stages, identities]
}

/** Enough for any sentence of ours and for a pointer at the depth limit; a member's name may be as long as an event. */
const MAX_TEXT_CHARACTERS = 1_000

/** Takes out what PostgreSQL refuses, so that a dead letter cannot fail as its record did. */
export const cleanText = (text: string) => text.slice(0, MAX_TEXT_CHARACTERS).replaceAll('\0', '\u2400').toWellFormed()

function layRedrives(sorted: readonly SettleRecord[]): string[] {
  const numbers: number[] = []
  const ids: string[] = []
  const attempts: number[] = []
  for (const [index, { redrive }] of sorted.entries()) {
    // Headers are anybody's to write: what cannot be ours is an ordinary record.
    if (!redrive || !isUuid(redrive.deadLetterId) || !Number.isInteger(redrive.attempt)) continue
    if (redrive.attempt < 1 || redrive.attempt > 2_147_483_647) continue
    numbers.push(index + 1)
    ids.push(redrive.deadLetterId)
    attempts.push(redrive.attempt)
  }
  return [literal(numbers), literal(ids), literal(attempts)]
}
