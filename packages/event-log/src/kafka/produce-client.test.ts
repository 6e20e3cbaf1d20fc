import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { kGetApi, kListApis, type MessageRecord, NumericMap, produceV9, produceV11 } from '@platformatic/kafka'
import fc from 'fast-check'
import type { AppendRecord } from '#src/event-log.ts'
import { createProduceRequest, ProduceClient } from './produce-client.ts'
import { toRecordTails } from './record-batch.ts'

const TOPIC = 'events.räw'
const TIMESTAMP = 1_790_000_000_000n

type Sent = { sequence?: number; producerId?: bigint; producerEpoch?: number; partition?: number }

const stateOf = ({ sequence = 0, producerId = 7n, producerEpoch = 0, partition = 3 }: Sent) => {
  const sequences = new NumericMap()
  sequences.set(`${TOPIC}:${partition}`, sequence)
  return { producerId, producerEpoch, sequences }
}

function ours(records: readonly AppendRecord[], sent: Sent = {}): Buffer {
  const { partition = 3 } = sent
  const messages = toRecordTails(records).map((value) => ({ topic: TOPIC, partition, value, timestamp: TIMESTAMP }))
  return createProduceRequest(-1, 1_500, messages, stateOf(sent)).buffer
}

function theClients(records: readonly AppendRecord[], sent: Sent = {}, { createRequest } = produceV11): Buffer {
  const messages = records.map(
    ({ key, value, headers }): MessageRecord => ({
      topic: TOPIC,
      partition: sent.partition ?? 3,
      timestamp: TIMESTAMP,
      value: Buffer.from(value),
      headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
      ...(key === null ? {} : { key: Buffer.from(key) }),
    }),
  )
  return createRequest(-1, 1_500, messages, stateOf(sent)).buffer
}

const aRecord = (overrides: Partial<AppendRecord> = {}): AppendRecord => ({
  key: null,
  value: Buffer.from('{}'),
  headers: {},
  ...overrides,
})

const text = fc.string({ unit: 'binary', maxLength: 80 })
const records = fc
  .array(
    fc.record({
      key: fc.option(text),
      value: fc.uint8Array({ maxLength: 200 }),
      headers: fc.dictionary(text, text, { maxKeys: 4 }),
    }),
    { minLength: 1, maxLength: 80 },
  )
  .map((made) => made.map((record, nth) => (nth % 3 === 0 ? record : { ...record, headers: made[0]?.headers ?? {} })))

describe('a produce request', () => {
  test('is the one that the client makes of the same records, byte for byte', () => {
    const sent = fc.record({
      sequence: fc.integer({ min: 0, max: 0x7fffffff }),
      producerId: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
      producerEpoch: fc.integer({ min: 0, max: 0x7fff }),
      partition: fc.integer({ min: 0, max: 0x7fffffff }),
    })
    fc.assert(
      fc.property(records, sent, (some, facts) => {
        assert.deepEqual(ours(some, facts), theClients(some, facts))
      }),
    )
  })

  test('is so at every length at which a number takes one byte more', () => {
    for (const size of [0, 1, 53, 54, 63, 64, 127, 128, 8_181, 8_191, 8_192, 16_384, 1_048_576, 2_097_152]) {
      const some = [aRecord({ value: Buffer.alloc(size, 'v') }), aRecord({ value: Buffer.alloc(size, 'w'), key: 'k' })]
      assert.ok(ours(some).equals(theClients(some)), `values of ${size} bytes`)
    }
    for (const count of [1, 2, 63, 64, 65, 1_000, 8_191, 8_192, 8_193]) {
      const some = Array.from({ length: count }, (_, n) => aRecord({ value: Buffer.from(`${n}`) }))
      assert.ok(ours(some).equals(theClients(some)), `${count} records`)
    }
    const headers = Object.fromEntries(Array.from({ length: 70 }, (_, n) => [`h${n}`, '€'.repeat(n)]))
    const some = [aRecord({ headers, key: '' }), aRecord({ headers, key: 'ключ'.repeat(40) })]
    assert.ok(ours(some).equals(theClients(some)), 'many headers')
  })

  test('has one layout in all versions that are spoken', () => {
    const some = [aRecord({ key: 'k', headers: { traceparent: '00-1' } }), aRecord()]
    assert.deepEqual(ours(some), theClients(some, {}, produceV9))
  })

  test('counts on at 0 after the largest sequence number, where the client cannot go on', () => {
    const some = [aRecord(), aRecord()]
    assert.throws(() => theClients(some, { sequence: 2 ** 31 }), RangeError)
    assert.deepEqual(ours(some, { sequence: 2 ** 31 }), theClients(some, { sequence: 0 }))
    assert.deepEqual(ours(some, { sequence: 2 ** 33 + 5 }), theClients(some, { sequence: 5 }))
  })

  test('has the time of the first try at every try', (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: 1_000 })
    const messages = toRecordTails([aRecord(), aRecord()]).map((value) => ({ topic: TOPIC, partition: 3, value }))
    const first = createProduceRequest(-1, 1_500, messages, stateOf({})).buffer
    t.mock.timers.setTime(2_000)
    assert.deepEqual(createProduceRequest(-1, 1_500, messages, stateOf({})).buffer, first)
    assert.notDeepEqual(createProduceRequest(-1, 1_500, messages, stateOf({ sequence: 2 })).buffer, first)
  })
})

describe('the version of a produce request', () => {
  const clientOf = (maxVersion: number) => {
    const client = new ProduceClient({
      clientId: 'test',
      bootstrapBrokers: ['127.0.0.1:1'],
      idempotent: true,
      retries: 2,
    })
    client[kListApis] = ((callback: (error: null, apis: unknown) => void) => {
      callback(null, [
        { apiKey: 0, name: 'Produce', minVersion: 3, maxVersion },
        { apiKey: 3, name: 'Metadata', minVersion: 0, maxVersion: 12 },
      ])
    }) as (typeof client)[typeof kListApis]
    return client
  }
  const apiOf = (client: ProduceClient, name: string) =>
    new Promise<{ key: number; version: number }>((resolve, reject) => {
      client[kGetApi](name, (error, api) => (error || !api ? reject(error) : resolve(api)))
    })

  test('is the highest that both sides know', async () => {
    for (const [broker, spoken] of [
      [9, 9],
      [10, 10],
      [11, 11],
      [13, 11],
    ] as const) {
      const client = clientOf(broker)
      await client.checkVersion()
      assert.equal((await apiOf(client, 'Produce')).version, spoken)
      assert.deepEqual((await apiOf(client, 'Metadata')).key, 3)
    }
  })

  test('is refused where requests have another layout', async () => {
    await assert.rejects(clientOf(8).checkVersion(), {
      code: 'PLT_KFK_UNSUPPORTED_API',
      message: /Kafka 2\.8 or newer/,
    })
  })
})
