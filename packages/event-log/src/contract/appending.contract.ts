import assert from 'node:assert/strict'
import { it } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { type AppendRecord, RecordTooLargeError, UnknownTopicError } from '#src/event-log.ts'
import { MAX_RECORD_BYTES } from '#src/record-size.ts'
import { aRecord, groupOf, join, type OpenHarness, placesOf, take, textOf } from '#src/testing/harness.ts'

export function describeAppending(openHarness: OpenHarness): void {
  it('gives offsets without a gap, each once, when many append at once', async (t) => {
    const harness = await openHarness(t)
    const logs = [await harness.open(), await harness.open()]
    const topic = await harness.testTopic(3)
    const appends = Array.from({ length: 40 }, (_, n) =>
      logs[n % 2]?.append(topic, [aRecord(`${n} a`), aRecord(`${n} b`, { key: `k${n % 5}` }), aRecord(`${n} c`)]),
    )
    const places = (await Promise.all(appends)).flatMap((outcomes) => placesOf(outcomes ?? []))
    assert.equal(places.length, 120)
    for (const partition of [0, 1, 2]) {
      const offsets = places.filter((place) => place.partition === partition).map((place) => Number(place.offset))
      assert.deepEqual(
        offsets.sort((a, b) => a - b),
        offsets.map((_, index) => index),
      )
    }
  })

  it('answers one outcome per record, in order, that says where each is', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(4)
    const records = Array.from({ length: 20 }, (_, n) => aRecord(`r${n}`, { key: n % 3 === 0 ? null : `key ${n}` }))
    const places = placesOf(await log.append(topic, records))
    for (const [index, { partition, offset }] of places.entries()) {
      const [found] = await log.read(topic, partition, offset, 1)
      assert.equal(found && textOf(found), `r${index}`)
    }
  })

  it('keeps records with the same key in one partition and in order', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(4)
    for (let n = 0; n < 12; n += 1) placesOf(await log.append(topic, [aRecord(`${n}`, { key: `key ${n % 3}` })]))
    const records = await take(await join(t, log, topic), 12)
    for (const key of ['key 0', 'key 1', 'key 2']) {
      const ofKey = records.filter((record) => record.key === key)
      assert.equal(new Set(ofKey.map((record) => record.partition)).size, 1)
      assert.deepEqual(
        ofKey.map(textOf),
        [0, 3, 6, 9].map((n) => `${n + Number(key.slice(4))}`),
      )
    }
  })

  it('puts the keyless records of an append into one partition, in turn over all of them', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(3)
    const used: number[] = []
    for (let n = 0; n < 6; n += 1) {
      const places = placesOf(await log.append(topic, [aRecord('a'), aRecord('b'), aRecord('c')]))
      assert.equal(new Set(places.map((place) => place.partition)).size, 1)
      used.push(places[0]?.partition ?? -1)
    }
    assert.deepEqual([...used].sort(), [0, 0, 1, 1, 2, 2])
  })

  it('keeps value, key and headers of every record, byte for byte', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(2)
    const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    const records: AppendRecord[] = [
      { key: 'tenant_a:"quoted\\', value: everyByte, headers: { 'content-type': 'application/json', __proto__x: '1' } },
      { key: 'tenant_b:{,NULL', value: Buffer.alloc(0), headers: {} },
      {
        key: 'tenant_c:é',
        value: Buffer.alloc(300_000, 'y'),
        headers: { detail: 'line\nbreak, "quote", \u0000 and {}' },
      },
      { key: null, value: Buffer.from('plain'), headers: { empty: '' } },
    ]
    placesOf(await log.append(topic, records))
    const found = await take(await join(t, log, topic), records.length)
    for (const sent of records) {
      const record = found.find(({ key }) => key === sent.key)
      assert.deepEqual(record?.value, sent.value)
      assert.deepEqual({ ...record?.headers }, sent.headers)
      assert.equal(record?.topic, topic)
      assert.ok(record && Math.abs(record.appendedAt.getTime() - Date.now()) < 60_000)
    }
  })

  it('does not mind that the caller uses its buffer again after the append', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(1)
    const value = Buffer.from('first')
    placesOf(await log.append(topic, [{ key: null, value, headers: {} }]))
    value.fill('x')
    const [record] = await log.read(topic, 0, 0n, 1)
    assert.equal(record && textOf(record), 'first')
  })

  it('refuses a record that is too large and takes its neighbours', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(1)
    const outcomes = await log.append(topic, [
      aRecord('before'),
      aRecord('', { value: Buffer.alloc(MAX_RECORD_BYTES + 1) }),
      aRecord('after'),
    ])
    assert.deepEqual(
      outcomes.map((outcome) => outcome.type),
      ['done', 'refused', 'done'],
    )
    assert.ok(outcomes[1]?.type === 'refused' && outcomes[1].error instanceof RecordTooLargeError)
    assert.deepEqual((await log.read(topic, 0, 0n, 10)).map(textOf), ['before', 'after'])
  })

  it('takes nothing when nothing is given', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(1)
    assert.deepEqual(await log.append(topic, []), [])
    assert.equal((await log.lag(topic, groupOf(topic)))[0]?.end, 0n)
  })

  it('knows no topic that nobody made', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const missing = { name: 'UnknownTopicError', message: /"test\.missing" does not exist/ }
    await assert.rejects(log.append('test.missing', [aRecord('x')]), missing)
    await assert.rejects(join(t, log, 'test.missing'), UnknownTopicError)
    await assert.rejects(log.lag('test.missing', 'g'), UnknownTopicError)
    await assert.rejects(log.newest('test.missing', 1), UnknownTopicError)
    await assert.rejects(log.read('test.missing', 0, 0n, 1), UnknownTopicError)
  })

  it('is ready, and says so', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    await eventually(() => log.ready().then(() => true))
  })

  it('answers every append that is under way when it is disposed, and only what is done is sure to be there', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(2)
    placesOf(await log.append(topic, [aRecord('warm')]))
    const appends = Array.from({ length: 20 }, (_, n) => log.append(topic, [aRecord(`${n}`), aRecord(`${n} too`)]))
    await log[Symbol.asyncDispose]()
    const outcomes = (await Promise.all(appends)).flat()
    assert.equal(outcomes.length, 40)
    const [late] = await log.append(topic, [aRecord('late')])
    assert.ok(late?.type === 'refused' && late.error.code === 'LOG_UNAVAILABLE')
    const witness = await harness.open()
    const texts = new Set<string>()
    for (const partition of [0, 1])
      for (const record of await witness.read(topic, partition, 0n, 1_000)) texts.add(textOf(record))
    for (const [index, { type }] of outcomes.entries()) {
      const text = `${Math.floor(index / 2)}${index % 2 === 0 ? '' : ' too'}`
      if (type === 'done') assert.ok(texts.has(text), `${text} is done`)
      if (type === 'refused') assert.ok(!texts.has(text), `${text} was refused`)
    }
  })

  it('closes its consumers when it is disposed, twice without harm', async (t) => {
    const harness = await openHarness(t)
    const log = await harness.open()
    const topic = await harness.testTopic(1)
    const consumer = await join(t, log, topic)
    const waiting = consumer.next()
    await log[Symbol.asyncDispose]()
    await log[Symbol.asyncDispose]()
    assert.equal(await waiting, null)
    assert.equal(await consumer.next(), null)
    await assert.rejects(join(t, log, topic), { code: 'LOG_UNAVAILABLE' })
  })
}
