import assert from 'node:assert/strict'
import { it } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import type { EventLog } from '#src/event-log.ts'
import { aRecord, groupOf, join, keyFor, nextBatch, type OpenHarness, placesOf, textOf } from '#src/testing/harness.ts'

/** Between records whose order by time is looked at: some logs count whole milliseconds. */
async function nextMs(): Promise<void> {
  for (const now = Date.now(); Date.now() <= now; ) await new Promise(setImmediate)
}

/** Promised within 2 s, after which a log gives up by itself. One answer in time shows it: a busy machine may delay others. */
const newestInTime = (log: EventLog, topic: string) =>
  eventually(async () => {
    const start = performance.now()
    const newest = await log.newest(topic, 1_000)
    const tookMs = performance.now() - start
    assert.ok(tookMs < 2_000, `${tookMs} ms`)
    return newest
  })

export function describeLooking(openHarness: OpenHarness): void {
  it('has lag 0 in every partition of an empty topic, with no group at all', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(3)
    assert.deepEqual(
      await log.lag(topic, groupOf(topic, 'nobody')),
      [0, 1, 2].map((partition) => ({
        partition,
        start: 0n,
        end: 0n,
        committed: null,
        lag: 0n,
        oldestWaitingAt: null,
      })),
    )
  })

  it('counts lag from the start for a group that never committed, and says since when the oldest waits', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(2)
    const places = placesOf(await log.append(topic, [aRecord('a'), aRecord('b'), aRecord('c')]))
    const used = places[0]?.partition
    const [oldest] = await log.read(topic, used ?? 0, 0n, 1)
    for (const lag of await log.lag(topic, groupOf(topic))) {
      const expected = lag.partition === used ? 3n : 0n
      assert.deepEqual([lag.start, lag.end, lag.committed, lag.lag], [0n, expected, null, expected])
      assert.deepEqual(lag.oldestWaitingAt, lag.partition === used ? oldest?.appendedAt : null)
    }
  })

  it('counts lag from the committed offset, with and without a live member', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(1)
    placesOf(await log.append(topic, [aRecord('0'), aRecord('1'), aRecord('2')]))
    placesOf(await log.append(topic, [aRecord('3')]))
    const consumer = await join(t, log, topic, { maxRecords: 3 })
    await (await nextBatch(consumer)).commit()
    const [waiting] = await log.read(topic, 0, 3n, 1)
    const expected = { partition: 0, start: 0n, end: 4n, committed: 3n, lag: 1n, oldestWaitingAt: waiting?.appendedAt }
    assert.deepEqual(await log.lag(topic, groupOf(topic)), [expected])
    await consumer.close()
    assert.deepEqual(await log.lag(topic, groupOf(topic)), [expected])
    assert.deepEqual(await (await harness.open()).lag(topic, groupOf(topic)), [expected])
  })

  it('finds the newest records of all partitions, newest first', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(3)
    assert.deepEqual(await log.newest(topic, 10), [])
    for (let n = 0; n < 7; n += 1) {
      placesOf(await log.append(topic, [aRecord(`${n}`)]))
      await nextMs()
    }
    assert.deepEqual((await log.newest(topic, 100)).map(textOf), ['6', '5', '4', '3', '2', '1', '0'])
    assert.deepEqual((await log.newest(topic, 3)).map(textOf), ['6', '5', '4'])
  })

  it('finds the newest records before a moment', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(2)
    for (let n = 0; n < 6; n += 1) {
      placesOf(await log.append(topic, [aRecord(`${n}`)]))
      await nextMs()
    }
    const all = await log.newest(topic, 100)
    const third = all.find((record) => textOf(record) === '3')
    assert.deepEqual((await log.newest(topic, 100, third?.appendedAt)).map(textOf), ['2', '1', '0'])
    assert.deepEqual((await log.newest(topic, 2, third?.appendedAt)).map(textOf), ['2', '1'])
    assert.deepEqual(await log.newest(topic, 2, new Date(0)), [])
  })

  it('D5: finds the newest of records so large that they do not all fit, in time', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(2)
    const large = Buffer.alloc(2_000_000, 'x')
    for (let n = 0; n < 12; n += 1) {
      large.write(`${n} `)
      placesOf(await log.append(topic, [aRecord('', { value: large })]))
      await nextMs()
    }
    const newest = await newestInTime(log, topic)
    const numbers = newest.map(({ value }) => Number.parseInt(value.subarray(0, 3).toString(), 10))
    // 8 of 2,000,000 bytes fit into 16 MiB.
    assert.deepEqual(numbers, [11, 10, 9, 8, 7, 6, 5, 4])
    assert.equal((await log.newest(topic, 3)).length, 3)
  })

  it('finds the newest among many, in order and in time', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(3)
    for (let n = 0; n < 12; n += 1) {
      placesOf(
        await log.append(
          topic,
          Array.from({ length: 500 }, (_, nth) => aRecord(`${n * 500 + nth}`)),
        ),
      )
      await nextMs()
    }
    const newest = await newestInTime(log, topic)
    assert.equal(newest.length, 1_000)
    const numbers = newest.map((record) => Number(textOf(record)))
    assert.deepEqual(new Set(numbers), new Set(Array.from({ length: 1_000 }, (_, nth) => 5_999 - nth)))
    const times = newest.map(({ appendedAt }) => appendedAt.getTime())
    assert.deepEqual(
      times,
      times.toSorted((a, b) => b - a),
    )
  })

  it('shows values that are no text as the bytes that they are', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(1)
    const garbage = Buffer.from([0, 0xff, 0xc3, 0x28, 0x5c, 0x78, 0])
    placesOf(await log.append(topic, [aRecord('', { value: garbage })]))
    assert.deepEqual((await log.newest(topic, 1))[0]?.value, garbage)
    assert.deepEqual((await log.read(topic, 0, 0n, 1))[0]?.value, garbage)
  })

  it('reads one partition from an offset on', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(2)
    const key = await keyFor(log, topic, 1)
    const before = (await log.lag(topic, groupOf(topic)))[1]?.end ?? 0n
    placesOf(
      await log.append(
        topic,
        ['a', 'b', 'c', 'd'].map((text) => aRecord(text, { key })),
      ),
    )
    assert.deepEqual((await log.read(topic, 1, before + 1n, 2)).map(textOf), ['b', 'c'])
    assert.deepEqual(
      (await log.read(topic, 1, before + 3n, 1_000)).map((record) => record.offset),
      [before + 3n],
    )
    assert.deepEqual(await log.read(topic, 1, before + 4n, 10), [])
    assert.deepEqual(await log.read(topic, 1, 1_000_000n, 10), [])
    assert.equal((await log.read(topic, 1, 0n, 1))[0]?.offset, 0n)
  })
}
