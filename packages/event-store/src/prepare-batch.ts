import type { DeadLetterStage } from '@sluice/contract/dead-letter'
import { deadLetterKey } from '@sluice/contract/dead-letter-key'
import { isUuid } from '@sluice/contract/identifiers'
import { LATENCY_BUCKET_BOUNDS_MS } from '@sluice/contract/latency-buckets'
import {
  digestArray,
  int4Array,
  int8Array,
  jsonbArray,
  textArray,
  timestamptzArray,
  uuidArray,
} from './binary-arrays.ts'
import type { SettleBatch, SettleRecord } from './event-store.ts'

/** A batch as the parameters of `settle_batch`, with the way back from its record numbers to the caller's order. */
export type PreparedBatch = {
  values: unknown[]
  /** Element n − 1 is the index of record n in the batch as it was handed in. */
  order: readonly number[]
}

/** SQL: 1 an event, 3 a dead letter. */
const STATUS = { event: 1, dead_letter: 3 } as const satisfies Record<SettleRecord['type'], number>

/**
 * Sorts a batch and lays it out for `settle_batch`. Pure. The order (tenant, key, partition, offset) is the same in every
 * process, so that two batches with the same keys wait for each other but never in a circle.
 * @param isFresh whether no event of the batch is expected to have a row: a guess, which decides what is cheap, not what is done
 */
export function prepareBatch(batch: SettleBatch, shard: number, isFresh = false): PreparedBatch {
  const { topic, topicGeneration, records } = batch
  const order = records.map((_, index) => index).sort((a, b) => compare(at(records, a), at(records, b)))
  const sorted = order.map((index) => at(records, index))
  const partitions = layPartitions(sorted)
  const received = sorted.map(({ head }) => (head === null ? null : Date.parse(head.receivedAt)))
  const counting = groupForCounting(sorted, received)
  const redrives = layRedrives(sorted)
  const values = [
    topic,
    topicGeneration,
    shard,
    [...LATENCY_BUCKET_BOUNDS_MS],
    isFresh && redrives.numbers.length === 0 && !hasTwins(sorted),
    ...partitions.groups,
    int4Array(partitions.numbers),
    int8Array(sorted.map((record) => record.offset)),
    int4Array(sorted.map((record) => STATUS[record.type])),
    uuidArray(sorted.map((record) => record.head?.receiptId ?? null)),
    int8Array(received),
    digestArray(sorted.map((record) => record.head?.fingerprint ?? null)),
    textArray(sorted.map((record) => record.head?.idempotencyKey ?? '')),
    textArray(sorted.map((record) => eventIdOf(record) ?? '')),
    int4Array(sorted.map((record) => (record.type === 'event' ? record.event.schemaVersion : null))),
    timestamptzArray(sorted.map((record) => (record.type === 'event' ? record.event.occurredAt : null))),
    jsonbArray(sorted.map((record) => (record.type === 'event' ? record.event.payload : null))),
    layExtras(sorted),
    ...counting.numbers,
    ...layOriginals(sorted),
    ...counting.groups,
    ...layDeadLetters(sorted, topic),
    redrives.numbers,
    redrives.ids,
    redrives.attempts,
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

/** Whether two records have the same tenant and key: they stand side by side. */
const hasTwins = (sorted: readonly SettleRecord[]) =>
  sorted.some(({ head }, index) => {
    const before = sorted[index - 1]?.head
    return head !== null && head.idempotencyKey === before?.idempotencyKey && head.tenantId === before.tenantId
  })

/** What becomes of records when every event is stored. */
class Counts {
  readonly events: number[] = []
  readonly dead: number[] = []

  /** @param group counted from 1 */
  add(group: number, type: SettleRecord['type']): void {
    const counts = type === 'event' ? this.events : this.dead
    const others = type === 'event' ? this.dead : this.events
    counts[group - 1] = (counts[group - 1] ?? 0) + 1
    others[group - 1] ??= 0
  }
}

/** The partitions, ascending, with their first and last offsets and what they hold; and the number of each record's partition. */
function layPartitions(sorted: readonly SettleRecord[]) {
  const ids = [...new Set(sorted.map((record) => record.partition))].sort((a, b) => a - b)
  const numberOf = new Map(ids.map((id, index) => [id, index + 1]))
  const numbers = sorted.map((record) => numberOf.get(record.partition) ?? 0)
  const first: bigint[] = []
  const last: bigint[] = []
  const counts = new Counts()
  for (const [index, { offset, type }] of sorted.entries()) {
    const number = numbers[index] ?? 0
    const [low, high] = [first[number - 1], last[number - 1]]
    if (low === undefined || offset < low) first[number - 1] = offset
    if (high === undefined || offset > high) last[number - 1] = offset
    counts.add(number, type)
  }
  return { numbers, groups: [ids, first, last, counts.events, counts.dead] }
}

/** As a rule no event has members of its own. */
function layExtras(sorted: readonly SettleRecord[]): unknown {
  const extras = sorted.map((record) => (record.type === 'event' ? record.event.extra : null))
  return extras.some((extra) => extra !== null) ? jsonbArray(extras) : []
}

/** All record values in one piece, and where each begins, counted from 1; after the last one its end. */
function layOriginals(sorted: readonly SettleRecord[]): [Buffer, Buffer] {
  let start = 1
  const starts = [start]
  for (const { original } of sorted) {
    start += original.byteLength
    starts.push(start)
  }
  return [Buffer.concat(sorted.map(({ original }) => original)), int4Array(starts)]
}

/** Which counters each record moves: those of its tenant and type, and those of its tenant and the minute of its receipt. */
function groupForCounting(sorted: readonly SettleRecord[], received: readonly (number | null)[]) {
  const types = new TenantGroups<string>()
  const balances = new TenantGroups<number | null>()
  const counts = new Counts()
  const typeOf: number[] = []
  const balanceOf: number[] = []
  for (const [index, record] of sorted.entries()) {
    const tenant = record.head?.tenantId ?? ''
    const ms = received[index] ?? null
    const balance = balances.numberOf(tenant, ms === null ? null : Math.floor(ms / 60_000))
    typeOf.push(types.numberOf(tenant, eventTypeOf(record) ?? ''))
    balanceOf.push(balance)
    counts.add(balance, record.type)
  }
  return {
    numbers: [int4Array(typeOf), int4Array(balanceOf)],
    groups: [
      textArray(types.tenants),
      textArray(types.members),
      textArray(balances.tenants),
      int8Array(balances.members),
      counts.events,
      counts.dead,
    ],
  }
}

/** Numbers distinct pairs of a tenant and a member from 1. */
class TenantGroups<Member> {
  readonly tenants: string[] = []
  readonly members: Member[] = []
  readonly #numbers = new Map<string, Map<Member, number>>()

  numberOf(tenant: string, member: Member): number {
    const numbers = this.#numbers.get(tenant) ?? new Map<Member, number>()
    const known = numbers.get(member)
    if (known !== undefined) return known
    this.#numbers.set(tenant, numbers)
    this.tenants.push(tenant)
    numbers.set(member, this.members.push(member))
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
  return [numbers, reasons, details, pointers, stages, identities]
}

/** Enough for any sentence of ours and for a pointer at the depth limit; a member's name may be as long as an event. */
const MAX_TEXT_CHARACTERS = 1_000

/** Takes out what PostgreSQL refuses, so that a dead letter cannot fail as its record did. */
export const cleanText = (text: string) => text.slice(0, MAX_TEXT_CHARACTERS).replaceAll('\0', '\u2400').toWellFormed()

function layRedrives(sorted: readonly SettleRecord[]) {
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
  return { numbers, ids, attempts }
}
