import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RAW_TOPIC } from '@sluice/contract/topics'
import { runKafkaTool } from '@sluice/infra/engines/kafka-tool'
import { openFullStack } from '../full-stack.ts'
import { measureDraining } from './draining.ts'
import { expectLedger } from './expect-ledger.ts'
import { howLong } from './how-long.ts'

const KILLS = howLong({ smoke: 1, long: 3 })

test('full: three brokers: a leader killed under load takes no acknowledged event with it', {
  timeout: 900_000,
}, async (t) => {
  const stack = await openFullStack(t, { env: { RATE_LIMIT_PER_MIN: '1000000' }, kafka: { brokers: 3 } })
  const describeTopic = () =>
    runKafkaTool('topics', ['--bootstrap-server', stack.kafka.bootstrap, '--describe', '--topic', RAW_TOPIC])
  await expectLedger(t, stack, async () => {
    for (let kill = 0; kill < KILLS; kill += 1) {
      const leader = Number(/Leader: (\d)/.exec(await describeTopic())?.[1])
      const broker = stack.kafka.brokers.find(({ nodeId }) => nodeId === leader)
      assert.ok(broker, 'the first partition has a leader')
      await broker.kill()
      await measureDraining(t, stack, performance.now())
      await broker.start()
    }
  })
  const described = await describeTopic()
  assert.match(described, /ReplicationFactor: 3\b.*min\.insync\.replicas=2/s, described)
})
