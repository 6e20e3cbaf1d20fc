import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kGetApi, ProduceAcks } from '@platformatic/kafka'
import { aRecord, textOf } from '#src/testing/harness.ts'
import { kafkaCluster } from '#src/testing/kafka-cluster.ts'
import { ProduceClient } from './produce-client.ts'
import { toRecordTails } from './record-batch.ts'

type Answer = { responses: { partitionResponses: { baseOffset: bigint }[] }[] }

test('a broker takes batches beyond the largest sequence number, and none of them twice', async (t) => {
  const { admin, open, testTopic, defer } = kafkaCluster(t)
  const topic = await testTopic(1)
  const { brokers } = await admin.metadata({ topics: [topic] })
  const [broker] = brokers.values()
  assert.ok(broker)
  const bootstrapBrokers = [`${broker.host}:${broker.port}`]
  const client = new ProduceClient({ clientId: 'test', bootstrapBrokers, idempotent: true, retries: 2 })
  defer(() => client.close(true))
  const { producerId, producerEpoch } = await client.initIdempotentProducer({})
  const connection = await client.connections.get(broker)
  const produce = (sequence: number, ...texts: string[]) =>
    new Promise<bigint | undefined>((resolve, reject) => {
      const messages = toRecordTails(texts.map((text) => aRecord(text))).map((value) => ({
        topic,
        partition: 0,
        value,
      }))
      const sequences = new Map([[`${topic}:0`, sequence]])
      const state = { producerId, producerEpoch, sequences }
      client[kGetApi]<unknown[], Answer>('Produce', (error, api) => {
        if (error || !api) return reject(error)
        api(connection, ProduceAcks.ALL, 1_500, messages, state, (failed: Error | null, answer?: Answer) => {
          if (failed) reject(failed)
          else resolve(answer?.responses[0]?.partitionResponses[0]?.baseOffset)
        })
      })
    })
  assert.equal(await produce(2 ** 31 - 2, 'a', 'b', 'c', 'd'), 0n)
  assert.equal(await produce(2 ** 31 + 2, 'e', 'f'), 4n)
  assert.equal(await produce(2 ** 31 + 2, 'e', 'f'), 4n, 'the same batch again is known by its number')
  await assert.rejects(produce(2 ** 31 + 7, 'x'), 'a number too far on is refused')
  assert.deepEqual((await open().read(topic, 0, 0n, 10)).map(textOf), ['a', 'b', 'c', 'd', 'e', 'f'])
})
