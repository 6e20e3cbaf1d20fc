import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { openKafka } from '@sluice/infra/engines/kafka-cluster'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openTcpLink } from '@sluice/runtime/testing/tcp-link'
import { describeRemoteEventLog } from './event-log.contract.ts'
import { APPEND_BUDGET_MS } from './kafka/append.ts'
import { aRecord, placesOf } from './testing/harness.ts'
import { kafkaCluster } from './testing/kafka-cluster.ts'

// A broker of its own: clients come back through the port that it tells them, which must be the link's.
const link = await openTcpLink()
const kafka = await openKafka({
  advertise(port) {
    link.leadTo(port)
    return link.port
  },
})
after(async () => {
  await kafka[Symbol.asyncDispose]()
  await link[Symbol.asyncDispose]()
})

const throughLink = () => ({ brokers: [kafka.proxiedBootstrap ?? ''], tls: null, sasl: null })

describeRemoteEventLog('kafka', async (t) => {
  const cluster = kafkaCluster(t, [kafka.bootstrap])
  cluster.defer(() => link.pass())
  return {
    open: async () => cluster.open(),
    testTopic: cluster.testTopic,
    async openBehindLink() {
      link.pass()
      return { log: cluster.open({ connection: throughLink(), appendBudgetMs: APPEND_BUDGET_MS }), link }
    },
  }
})

it('needs no new connection to append to any partition once it is ready', async (t) => {
  const cluster = kafkaCluster(t, [kafka.bootstrap])
  cluster.defer(() => link.pass())
  const topic = await cluster.testTopic(4)
  const log = cluster.open({ connection: throughLink(), topics: [topic] })
  await eventually(() => log.ready().then(() => true))
  link.shut()
  const records = Array.from({ length: 40 }, (_, nth) => aRecord(`${nth}`, { key: `key ${nth}` }))
  const partitions = placesOf(await log.append(topic, records)).map(({ partition }) => partition)
  assert.equal(new Set(partitions).size, 4)
})
