import { describeGate } from './gate.contract.ts'
import { sharedRedis, testPrefix, testRedisGate } from './testing/redis-gates.ts'

const address = sharedRedis()

describeGate('redis', async (t, settings) => {
  const prefix = testPrefix(t, address)
  const [{ gate }, { gate: another }] = await Promise.all([
    testRedisGate(t, { address, prefix, ...settings }),
    testRedisGate(t, { address, prefix, ...settings }),
  ])
  return { gate, another }
})
