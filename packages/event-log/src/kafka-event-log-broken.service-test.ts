import { after } from 'node:test'
import { openKafka } from '@sluice/infra/engines/kafka-cluster'
import { openTcpLink } from '@sluice/runtime/testing/tcp-link'
import { describeRemoteEventLog } from './event-log.contract.ts'
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

describeRemoteEventLog('kafka', async (t) => {
  const cluster = kafkaCluster(t, [kafka.bootstrap])
  cluster.defer(() => link.pass())
  return {
    open: async () => cluster.open(),
    testTopic: cluster.testTopic,
    async openBehindLink() {
      link.pass()
      const connection = { brokers: [kafka.proxiedBootstrap ?? ''], tls: null, sasl: null }
      const appendBudgetMs = 1_000
      return { log: cluster.open({ connection, appendBudgetMs }), link, appendBudgetMs }
    },
  }
})
