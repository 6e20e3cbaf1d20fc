import assert from 'node:assert/strict'
import { it } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import {
  aRecord,
  eventuallyHolding,
  groupOf,
  join,
  keyFor,
  nextBatch,
  type OpenHarness,
  placesOf,
  take,
  textOf,
} from '#src/testing/harness.ts'

export function describeGroups(openHarness: OpenHarness): void {
  it('shares six partitions fairly among one, two, three and again two members', async (t) => {
    const harness = await openHarness(t)
    const topic = await harness.testTopic(6)
    const members = [await join(t, await harness.open(), topic)]
    await eventuallyHolding(members, [6])
    members.push(await join(t, await harness.open(), topic))
    await eventuallyHolding(members, [3, 3])
    members.push(await join(t, await harness.open(), topic))
    await eventuallyHolding(members, [2, 2, 2])
    await members.shift()?.close()
    await eventuallyHolding(members, [3, 3])
  })

  it('gives each member the floor or the ceiling when it does not divide, and none to one too many', async (t) => {
    const harness = await openHarness(t)
    const topic = await harness.testTopic(2)
    const log = await harness.open()
    const members = [await join(t, log, topic), await join(t, log, topic), await join(t, log, topic)]
    await eventuallyHolding(members, [1, 1, 0])
  })

  it('shares among members that join together', async (t) => {
    const harness = await openHarness(t)
    const topic = await harness.testTopic(6)
    const logs = await Promise.all(Array.from({ length: 4 }, () => harness.open()))
    const members = await Promise.all(logs.map((log) => join(t, log, topic)))
    await eventuallyHolding(members, [1, 1, 2, 2])
  })

  it('takes over from a member that closed, from where it committed', async (t) => {
    const harness = await openHarness(t)
    const topic = await harness.testTopic(2)
    const log = await harness.open()
    const [first, second] = [await join(t, log, topic), await join(t, await harness.open(), topic)]
    await eventuallyHolding([first, second], [1, 1])
    const lost = first.assigned()[0] ?? -1
    const key = await keyFor(log, topic, lost)
    const own = await nextBatch(first)
    await own.commit()
    const seen = own.records.filter((record) => record.partition === lost).length
    const end = (await log.lag(topic, groupOf(topic)))[lost]?.end ?? 0n
    placesOf(await log.append(topic, [aRecord('left behind', { key })]))
    await first.close()
    await eventuallyHolding([second], [2])
    const taken: { partition: number; offset: bigint; text: string }[] = []
    await eventually(async () => {
      const batch = await nextBatch(second)
      taken.push(...batch.records.map((record) => ({ ...record, text: textOf(record) })))
      return taken.some(({ text }) => text === 'left behind')
    })
    const ofLost = taken.filter(({ partition }) => partition === lost)
    assert.equal(ofLost.at(-1)?.offset, end)
    assert.equal(ofLost[0]?.offset, BigInt(seen), 'starts where the first member committed')
  })

  it('revokes what a joining member takes, and does not commit it for the member that lost it', async (t) => {
    const harness = await openHarness(t)
    const topic = await harness.testTopic(2)
    const log = await harness.open()
    for (let n = 0; n < 2; n += 1) placesOf(await log.append(topic, [aRecord(`${n}`)]))
    const first = await join(t, log, topic)
    await eventuallyHolding([first], [2])
    const batch = await nextBatch(first)
    const rest = batch.records.length < 2 ? await nextBatch(first) : null
    const second = await join(t, await harness.open(), topic)
    await eventuallyHolding([first, second], [1, 1])
    const kept = first.assigned()
    assert.ok(batch.revoked.aborted || rest?.revoked.aborted)
    const committed = [...(await batch.commit()), ...((await rest?.commit()) ?? [])]
    assert.deepEqual(committed, kept)
    const [record] = await take(second, 1)
    assert.notEqual(record?.partition, kept[0], 'the other partition is read by its new holder')
  })

  it('reads each record in every group, whatever another group committed', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(2)
    for (let n = 0; n < 4; n += 1) placesOf(await log.append(topic, [aRecord(`${n}`)]))
    const texts = async (name: string) =>
      (await take(await join(t, log, topic, { group: groupOf(topic, name) }), 4)).map(textOf).sort()
    assert.deepEqual(await texts('one'), ['0', '1', '2', '3'])
    assert.deepEqual(await texts('two'), ['0', '1', '2', '3'])
    const sum = async (name: string) =>
      (await log.lag(topic, groupOf(topic, name))).reduce((all, { lag }) => all + (lag ?? 0n), 0n)
    assert.deepEqual(await Promise.all(['one', 'two', 'three'].map(sum)), [0n, 0n, 4n])
  })

  it('loses no record while members come and go', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(6)
    const settled = new Set<string>()
    const drain = async (member: Awaited<ReturnType<typeof join>>) => {
      for (let batch = await member.next(); batch !== null; batch = await member.next()) {
        for (const record of batch.records) settled.add(textOf(record))
        await batch.commit()
      }
    }
    const appendMany = async (from: number) => {
      for (let n = from; n < from + 20; n += 1)
        placesOf(await log.append(topic, [aRecord(`${n}`), aRecord(`${n} too`)]))
    }
    const members = [await join(t, log, topic, { maxRecords: 5 })]
    const drains = members.map(drain)
    for (let round = 0; round < 4; round += 1) {
      await appendMany(round * 20)
      const member = await join(t, await harness.open(), topic, { maxRecords: 5 })
      members.push(member)
      drains.push(drain(member))
      if (round % 2 === 1) await members.shift()?.close()
    }
    await eventually(() => settled.size === 160)
    await eventually(async () => (await log.lag(topic, groupOf(topic))).every(({ lag }) => lag === 0n))
    await Promise.all(members.map((member) => member.close()))
    await Promise.all(drains)
  })
}
