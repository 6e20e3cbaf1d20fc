import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { LogRecord } from '#src/event-log.ts'
import { aRecord, groupOf, join, nextBatch, type OpenHarness, placesOf, take, textOf } from '#src/testing/harness.ts'

const manyRecords = (count: number) => Array.from({ length: count }, (_, n) => aRecord(`${n}`))

export function describeConsuming(openHarness: OpenHarness): void {
  it('gives every record once, ascending in each partition, when each batch is committed', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(3)
    for (let n = 0; n < 9; n += 1) placesOf(await log.append(topic, manyRecords(7)))
    const records = await take(await join(t, log, topic, { maxRecords: 10 }), 63)
    for (const partition of [0, 1, 2]) {
      const offsets = records.filter((record) => record.partition === partition).map((record) => Number(record.offset))
      assert.deepEqual(
        offsets,
        Array.from({ length: 21 }, (_, offset) => offset),
      )
    }
  })

  it('gives no more records in a batch than asked for, from one partition or from many', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(3)
    placesOf(await log.append(topic, manyRecords(10)))
    placesOf(await log.append(topic, manyRecords(3)))
    const consumer = await join(t, log, topic, { maxRecords: 4 })
    let seen = 0
    while (seen < 13) {
      const batch = await nextBatch(consumer)
      assert.ok(batch.records.length <= 4)
      seen += batch.records.length
    }
    assert.equal(seen, 13)
  })

  it('gives no more bytes in a batch than asked for, but always one record', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(1)
    const sizes = [400, 400, 400, 5_000, 100]
    placesOf(
      await log.append(
        topic,
        sizes.map((bytes) => aRecord('', { value: Buffer.alloc(bytes, 'z') })),
      ),
    )
    const consumer = await join(t, log, topic, { maxBytes: 1_000 })
    const batches: number[][] = []
    while (batches.flat().length < sizes.length)
      batches.push((await nextBatch(consumer)).records.map((record) => record.value.length))
    assert.deepEqual(batches, [[400, 400], [400], [5_000], [100]])
  })

  it('wakes a waiting consumer when something is appended', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(2)
    const consumer = await join(t, log, topic)
    placesOf(await log.append(topic, [aRecord('first')]))
    await take(consumer, 1)
    const waiting = nextBatch(consumer)
    placesOf(await (await harness.open()).append(topic, [aRecord('second')]))
    assert.deepEqual((await waiting).records.map(textOf), ['second'])
  })

  it('reads again what was not committed when a member closes', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(1)
    placesOf(await log.append(topic, manyRecords(6)))
    const first = await join(t, log, topic, { maxRecords: 2 })
    await (await nextBatch(first)).commit()
    const inHand = await nextBatch(first)
    await first.close()
    assert.ok(inHand.revoked.aborted)
    assert.deepEqual(await inHand.commit(), [], 'a batch in hand cannot be committed after closing')
    const records = await take(await join(t, log, topic), 4)
    assert.deepEqual(records.map(textOf), ['2', '3', '4', '5'])
  })

  it('commits every partition of a batch and says which', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(3)
    for (let n = 0; n < 3; n += 1) placesOf(await log.append(topic, manyRecords(2)))
    const consumer = await join(t, log, topic)
    const committed = new Set<number>()
    let seen = 0
    while (seen < 6) {
      const batch = await nextBatch(consumer)
      seen += batch.records.length
      for (const partition of await batch.commit()) committed.add(partition)
    }
    assert.deepEqual([...committed].sort(), [0, 1, 2])
    assert.deepEqual(
      (await log.lag(topic, groupOf(topic))).map((lag) => lag.committed),
      [2n, 2n, 2n],
    )
  })

  it('lets several batches be in hand and commits them in order however they are asked', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(1)
    placesOf(await log.append(topic, manyRecords(4)))
    const consumer = await join(t, log, topic, { maxRecords: 2 })
    const [first, second] = [await nextBatch(consumer), await nextBatch(consumer)]
    assert.deepEqual(
      [first, second].map((batch) => batch.records.map(textOf)),
      [
        ['0', '1'],
        ['2', '3'],
      ],
    )
    const early = second.commit()
    assert.equal((await log.lag(topic, groupOf(topic)))[0]?.committed, null, 'the first batch is not settled yet')
    await first.commit()
    await early
    assert.equal((await log.lag(topic, groupOf(topic)))[0]?.committed, 4n)
  })

  it('tells where reading starts before the first record of a partition', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(1)
    placesOf(await log.append(topic, manyRecords(3)))
    const first = await join(t, log, topic, { maxRecords: 2 })
    await (await nextBatch(first)).commit()
    await first.close()
    const told: unknown[] = []
    const release = Promise.withResolvers<void>()
    const second = await join(t, log, topic, {
      onAssigned: async (partitions) => {
        told.push(...partitions)
        await release.promise
        told.push('done')
      },
    })
    const batch = nextBatch(second).then(({ records }) => told.push(records.map(textOf)))
    release.resolve()
    await batch
    assert.deepEqual(told, [{ partition: 0, committed: 2n }, 'done', ['2']])

    const told2: unknown[] = []
    const other = await join(t, log, topic, {
      group: groupOf(topic, 'new'),
      onAssigned: async (partitions) => void told2.push(...partitions),
    })
    await nextBatch(other)
    assert.deepEqual(told2, [{ partition: 0, committed: null }])
  })

  it('ends with the error that onAssigned threw', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(1)
    const consumer = await join(t, log, topic, { onAssigned: () => Promise.reject(new Error('not now')) })
    await assert.rejects(nextBatch(consumer), /not now/)
    await assert.rejects(nextBatch(consumer), /not now/)
    assert.deepEqual(consumer.assigned(), [])
  })

  it('ends a waiting next with null when it is closed, twice without harm', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const consumer = await join(t, log, await harness.testTopic(1))
    const waiting = [consumer.next(), consumer.next()]
    await Promise.all([consumer.close(), consumer.close()])
    assert.deepEqual(await Promise.all(waiting), [null, null])
    assert.deepEqual(consumer.assigned(), [])
  })

  it('ends a commit that waits for an earlier batch when it is closed', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(1)
    placesOf(await log.append(topic, manyRecords(4)))
    const consumer = await join(t, log, topic, { maxRecords: 2 })
    const [first, second] = [await nextBatch(consumer), await nextBatch(consumer)]
    const early = second.commit()
    await consumer.close()
    assert.deepEqual(await early, [])
    assert.ok(first.revoked.aborted && second.revoked.aborted)
    assert.equal((await log.lag(topic, groupOf(topic)))[0]?.committed, null)
  })

  it('gives the same generation for one life of a topic and another for another topic', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const generationOf = async (topic: string, group: string) => {
      placesOf(await log.append(topic, [aRecord('x')]))
      return (await nextBatch(await join(t, log, topic, { group }))).topicGeneration
    }
    const [one, other] = [await harness.testTopic(1), await harness.testTopic(1)]
    const first = await generationOf(one, groupOf(one, 'a'))
    assert.equal(await generationOf(one, groupOf(one, 'b')), first)
    assert.notEqual(await generationOf(other, groupOf(other, 'a')), first)
  })

  it('keeps the records of two topics and of two tenants apart', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topics = [await harness.testTopic(2), await harness.testTopic(2)] as const
    for (let n = 0; n < 10; n += 1)
      for (const topic of topics) {
        const mine = (tenant: string) => aRecord(`${tenant} ${topic} ${n}`, { key: `${tenant}:${n}` })
        placesOf(await log.append(topic, [mine('tenant_a'), mine('tenant_b')]))
      }
    const isIntact = (record: LogRecord, topic: string) =>
      textOf(record) === `${record.key?.split(':')[0]} ${topic} ${record.key?.split(':')[1]}`
    for (const topic of topics)
      for (const record of await take(await join(t, log, topic), 20)) assert.ok(isIntact(record, topic))
  })
}
