import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BrokerPlan, kafkaProperties } from './kafka-properties.ts'

const plan = (nodeId: number): BrokerPlan => ({ nodeId, port: 1000 + nodeId, controllerPort: 2000 + nodeId })
const lines = (text: string) =>
  new Map(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/).slice(0, 2) as [string, string]),
  )

test('a single broker keeps one copy; of three, two have to be in step', () => {
  const one = lines(kafkaProperties(plan(1), [plan(1)], '/data'))
  assert.deepEqual([one.get('default.replication.factor'), one.get('min.insync.replicas')], ['1', '1'])
  const three = lines(kafkaProperties(plan(2), [1, 2, 3].map(plan), '/data'))
  assert.deepEqual([three.get('default.replication.factor'), three.get('min.insync.replicas')], ['3', '2'])
  assert.equal(three.get('controller.quorum.voters'), '1@127.0.0.1:2001,2@127.0.0.1:2002,3@127.0.0.1:2003')
})

test('a listener for a proxy advertises the port of the proxy, the others their own', () => {
  const proxied = { ...plan(1), proxied: { port: 3001, advertisedPort: 4001 } }
  const found = lines(kafkaProperties(proxied, [proxied], '/data'))
  assert.match(found.get('listeners') ?? '', /PROXIED:\/\/127\.0\.0\.1:3001/)
  assert.equal(found.get('advertised.listeners'), 'PLAINTEXT://127.0.0.1:1001,PROXIED://127.0.0.1:4001')
})
