import assert from 'node:assert/strict'
import { it } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { type EventLog, LogUnavailableError } from '#src/event-log.ts'
import {
  aRecord,
  eventuallyHolding,
  groupOf,
  join,
  nextBatch,
  type OpenRemoteHarness,
  placesOf,
  take,
  textOf,
} from '#src/testing/harness.ts'

/** Far more than the port grants a closing, for a busy machine; what waits for the engine never ends, as it is away for good. */
const CLOSE_LIMIT_MS = 30_000

/** More than any question is granted (4 s), for a busy machine; what has no limit of its own waits for its driver's, 10 s, or for ever. */
const ANSWER_LIMIT_MS = 9_000

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await work
  const tookMs = performance.now() - start
  assert.ok(tookMs < limitMs, `took ${Math.round(tookMs)} ms, ${limitMs} are granted`)
  return result
}

/** Appends until one is done again; all others must say that the log was unavailable. */
const eventuallyAppended = (log: EventLog, topic: string, text: string) =>
  eventually(async () => (await log.append(topic, [aRecord(text)]))[0]?.type === 'done')

/** What only an engine outside of this process can do: be away, be silent, lose an answer, forget a member. */
export function describeRemote(openHarness: OpenRemoteHarness): void {
  it('calls an append unknown whose answer was lost, and has written it once', async (t) => {
    const harness = await openHarness(t)
    const { log, link } = await harness.openBehindLink()
    const topic = await harness.testTopic(1)
    const sent = { done: [] as string[], refused: [] as string[], unknown: [] as string[] }
    const append = async (text: string) => {
      const [outcome] = await log.append(topic, [aRecord(text)])
      if (outcome) sent[outcome.type].push(text)
    }
    // A connection that is not open yet loses the answer to its greeting, and then the append is refused: once more.
    for (let n = 0; n < 5 && sent.unknown.length === 0; n += 1) {
      // Together, so that more connections are open than the one on which others are told of the append.
      await Promise.all(['warm', 'warm', 'warm'].map((text) => eventuallyAppended(log, topic, text)))
      link.loseReplies()
      await append(`lost ${n}`)
      link.pass()
    }
    assert.equal(sent.unknown.length, 1)
    await eventuallyAppended(log, topic, 'after')
    const witness = await harness.open()
    const found = (await witness.read(topic, 0, 0n, 1_000)).map(textOf).filter((text) => text.startsWith('lost'))
    assert.deepEqual(found, sent.unknown, `refused: ${sent.refused}`)
  })

  it('refuses what it could not hand over, and none of that is in the log', async (t) => {
    const harness = await openHarness(t)
    const { log, link } = await harness.openBehindLink()
    const topic = await harness.testTopic(1)
    placesOf(await log.append(topic, [aRecord('before')]))
    link.cut()
    // The first may be handed to a connection that is dead already, and be unknown.
    await log.append(topic, [aRecord('first')])
    const outcomes = await log.append(topic, [aRecord('refused')])
    assert.ok(outcomes[0]?.type === 'refused' && outcomes[0].error instanceof LogUnavailableError)
    link.pass()
    await eventuallyAppended(log, topic, 'after')
    const texts = (await log.read(topic, 0, 0n, 1_000)).map(textOf)
    assert.ok(texts.includes('after') && !texts.includes('refused'), texts.join())
  })

  it('answers in time while the engine is silent, and works again once it speaks', async (t) => {
    const harness = await openHarness(t)
    const { log, link } = await harness.openBehindLink()
    const topic = await harness.testTopic(1)
    placesOf(await log.append(topic, [aRecord('before')]))
    link.stall()
    const [outcome] = await within(ANSWER_LIMIT_MS, log.append(topic, [aRecord('silent')]))
    assert.notEqual(outcome?.type, 'done')
    const unavailable = { name: 'LogUnavailableError', retryable: true }
    await Promise.all([
      within(ANSWER_LIMIT_MS, assert.rejects(log.ready(), unavailable)),
      within(ANSWER_LIMIT_MS, assert.rejects(log.newest(topic, 10), unavailable)),
      within(ANSWER_LIMIT_MS, assert.rejects(log.lag(topic, groupOf(topic)), unavailable)),
    ])
    link.pass()
    await eventually(() => log.ready().then(() => true))
    await eventuallyAppended(log, topic, 'after')
  })

  it('says everywhere that an engine that is away is away', async (t) => {
    const harness = await openHarness(t)
    const { log, link } = await harness.openBehindLink()
    const topic = await harness.testTopic(1)
    placesOf(await log.append(topic, [aRecord('x')]))
    link.cut()
    const unavailable = (error: unknown) => error instanceof LogUnavailableError && error.cause instanceof Error
    await assert.rejects(log.lag(topic, groupOf(topic)), unavailable)
    await assert.rejects(log.newest(topic, 1), unavailable)
    await assert.rejects(log.read(topic, 0, 0n, 1), unavailable)
    await assert.rejects(log.ready(), unavailable)
    await assert.rejects(join(t, log, topic), unavailable)
  })

  it('ends a consumer whose engine is away, and a new one goes on where it committed', async (t) => {
    const harness = await openHarness(t)
    const { log, link } = await harness.openBehindLink()
    const topic = await harness.testTopic(1)
    placesOf(await log.append(topic, [aRecord('0'), aRecord('1'), aRecord('2')]))
    const consumer = await join(t, log, topic, { maxRecords: 1 })
    await (await nextBatch(consumer)).commit()
    const inHand = await nextBatch(consumer)
    link.cut()
    await eventually(() => inHand.revoked.aborted)
    await assert.rejects(consumer.next(), LogUnavailableError)
    assert.deepEqual(await inHand.commit(), [])
    assert.deepEqual(consumer.assigned(), [])
    await within(CLOSE_LIMIT_MS, consumer.close())
    link.pass()
    const second = await eventually(() => join(t, log, topic, { maxRecords: 1 }))
    const records = await take(second, 2)
    assert.deepEqual(records.map(textOf), ['1', '2'])
  })

  it('gives the partitions of a member that is cut off to another one, and lets it commit nothing of them', async (t) => {
    const harness = await openHarness(t)
    const { log, link } = await harness.openBehindLink()
    const topic = await harness.testTopic(1)
    const other = await harness.open()
    placesOf(await other.append(topic, [aRecord('0'), aRecord('1'), aRecord('2')]))
    const zombie = await join(t, log, topic, { maxRecords: 1 })
    const inHand = await nextBatch(zombie)
    link.stall()
    const survivor = await join(t, other, topic)
    await eventually(() => survivor.assigned().length === 1)
    assert.deepEqual((await take(survivor, 3)).map(textOf), ['0', '1', '2'])
    link.pass()
    const committed = await inHand.commit().catch((error: unknown) => {
      assert.ok(error instanceof LogUnavailableError)
      return []
    })
    assert.deepEqual(committed, [])
    assert.equal((await other.lag(topic, groupOf(topic)))[0]?.committed, 3n)
    await eventually(() => inHand.revoked.aborted)
  })

  it('closes in time while the engine is silent or away, with everything under way', async (t) => {
    for (const fault of ['stall', 'cut'] as const) {
      const harness = await openHarness(t)
      const { log, link } = await harness.openBehindLink()
      const topic = await harness.testTopic(2)
      placesOf(await log.append(topic, [aRecord('x')]))
      const consumer = await join(t, log, topic)
      await eventuallyHolding([consumer], [2])
      const waiting = consumer.next().then(
        () => consumer.next(),
        () => null,
      )
      link[fault]()
      const asked = [
        log.append(topic, [aRecord('y')]),
        log.lag(topic, groupOf(topic)).catch((error: unknown) => error),
        log.newest(topic, 1).catch((error: unknown) => error),
      ]
      await within(CLOSE_LIMIT_MS, (async () => log[Symbol.asyncDispose]())())
      await within(CLOSE_LIMIT_MS, Promise.all(asked))
      await within(
        CLOSE_LIMIT_MS,
        waiting.catch(() => null),
      )
      link.pass()
    }
  })
}
