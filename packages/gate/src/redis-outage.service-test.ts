import { WINDOW_MS } from './contract/fixture.contract.ts'
import { describeGateOutage } from './contract/outage.contract.ts'
import type { RedisAddress } from './redis-address.ts'
import { removeKeys, sharedRedis, testPrefix, testRedisGate } from './testing/redis-gates.ts'
import { tcpProxy } from './testing/tcp-proxy.ts'

const address = sharedRedis()

describeGateOutage('redis', async (t) => {
  const proxy = await tcpProxy(t, `redis://${address.host}:${address.port}`)
  const prefix = testPrefix(t, address)
  const { gate } = await testRedisGate(t, { address: through(proxy.url), prefix, windowMs: WINDOW_MS })
  t.after(() => proxy.pass())
  return {
    gate,
    goAway: (how) => proxy[how === 'lose_replies' ? 'loseReplies' : how](),
    comeBack: proxy.pass,
    empty: () => removeKeys(address, prefix),
  }
})

function through(url: string): RedisAddress {
  const { hostname, port } = new URL(url)
  return { ...address, host: hostname, port: Number(port) }
}
