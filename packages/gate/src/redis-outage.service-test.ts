import { openTcpLink } from '@sluice/runtime/testing/tcp-link'
import { WINDOW_MS } from './contract/fixture.contract.ts'
import { describeGateOutage } from './contract/outage.contract.ts'
import { removeKeys, sharedRedis, testPrefix, testRedisGate } from './testing/redis-gates.ts'

const address = sharedRedis()

describeGateOutage('redis', async (t) => {
  const link = await openTcpLink(address.port)
  t.after(() => link[Symbol.asyncDispose]())
  const prefix = testPrefix(t, address)
  const { gate } = await testRedisGate(t, {
    address: { ...address, host: '127.0.0.1', port: link.port },
    prefix,
    windowMs: WINDOW_MS,
  })
  t.after(() => link.pass())
  return {
    gate,
    link,
    empty: () => removeKeys(address, prefix),
  }
})
