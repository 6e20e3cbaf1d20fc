import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import type { Link } from '@sluice/runtime/testing/tcp-link'
import type {
  AppendOutcome,
  AppendRecord,
  Batch,
  ConsumeOptions,
  Consumer,
  EventLog,
  LogRecord,
} from '#src/event-log.ts'

/** What a suite needs of an adapter; all of it ends with `t`. */
export type EventLogHarness = {
  /** Opens the log as one more process would: the same topics and groups, nothing else in common. */
  open(): Promise<EventLog>
  /** Makes a topic for this test alone. */
  testTopic(partitions: number): Promise<string>
}

export type OpenHarness = (t: TestContext) => Promise<EventLogHarness>

/** What a suite needs of an engine outside of this process. */
export type RemoteHarness = EventLogHarness & {
  /** Opens the log over a link that the test can break; an append has the time that it has in production, 4 s. */
  openBehindLink(): Promise<{ log: EventLog; link: Link }>
}

export type OpenRemoteHarness = (t: TestContext) => Promise<RemoteHarness>

/** The name of a topic for one test. */
export const testTopicName = () => `test.${crypto.randomUUID()}`

/** A group of one test alone: an engine may know groups beyond topics. */
export const groupOf = (topic: string, name = 'g') => `${name}.of.${topic}`

export const aRecord = (text: string, overrides: Partial<AppendRecord> = {}): AppendRecord => ({
  key: null,
  value: Buffer.from(text),
  headers: {},
  ...overrides,
})

export const textOf = (record: LogRecord) => record.value.toString()

/** Places of records that must all be done. */
export function placesOf(outcomes: readonly AppendOutcome[]): { partition: number; offset: bigint }[] {
  return outcomes.map((outcome) => {
    assert.equal(outcome.type, 'done', 'error' in outcome ? String(outcome.error.cause ?? outcome.error) : '')
    return outcome as Extract<AppendOutcome, { type: 'done' }>
  })
}

/** A key that `append` puts into this partition. */
export async function keyFor(log: EventLog, topic: string, partition: number): Promise<string> {
  for (let n = 0; n < 1_000; n += 1) {
    const key = `probe ${n}`
    const [place] = placesOf(await log.append(topic, [aRecord('probe', { key })]))
    if (place?.partition === partition) return key
  }
  throw new Error(`no key for partition ${partition}`)
}

/** Joins a group; leaves it with `t`. */
export async function join(
  t: TestContext,
  log: EventLog,
  topic: string,
  overrides: Partial<ConsumeOptions> = {},
): Promise<Consumer> {
  const options = { topic, group: groupOf(topic), maxRecords: 1_000, maxBytes: 4_194_304, maxWaitMs: 0, ...overrides }
  const consumer = await log.consume(options)
  t.after(() => consumer.close())
  return consumer
}

/** As long as it takes on a busy machine; it only ends a wait without end. */
const BATCH_LIMIT_MS = 60_000

/** The next batch, which must come: a suite never waits without end. */
export async function nextBatch(consumer: Consumer): Promise<Batch> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no batch within ${BATCH_LIMIT_MS} ms`)), BATCH_LIMIT_MS)
  })
  try {
    const batch = await Promise.race([consumer.next(), tooLate])
    assert.ok(batch, 'the consumer was closed')
    return batch
  } finally {
    clearTimeout(timer)
  }
}

/** Reads and commits until `count` records came. */
export async function take(consumer: Consumer, count: number): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  while (records.length < count) {
    const batch = await nextBatch(consumer)
    records.push(...batch.records)
    await batch.commit()
  }
  assert.equal(records.length, count, 'more records than were appended')
  return records
}

/** Waits until the members hold as many partitions each as told, every partition held once. */
export async function eventuallyHolding(members: readonly Consumer[], counts: readonly number[]): Promise<void> {
  await eventually(() => {
    const held = members.map((member) => member.assigned())
    const all = held.flat()
    assert.deepEqual(held.map((partitions) => partitions.length).sort(), [...counts].sort())
    assert.equal(new Set(all).size, all.length, 'a partition is held twice')
    return true
  })
}
