import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RedisGateConfig } from '../config.ts'
import { inspectGate } from '../inspect-gate.ts'
import { ownRedis, reasonAgainstOwnRedis } from '../testing/redis-server.ts'
import type { RedisAddress } from './address.ts'

const configOf = (address: RedisAddress): RedisGateConfig => ({
  engine: 'redis',
  address,
  windowMs: 1_800_000,
  workers: 1,
})

async function statesOf(address: RedisAddress): Promise<Record<string, string>> {
  const findings = await inspectGate(configOf(address))
  for (const { state, remedy } of findings) assert.equal(remedy === null, state === 'ok')
  // How fast the machine is today is no matter of this test.
  return Object.fromEntries(
    findings.filter(({ subject }) => !subject.endsWith('latency')).map(({ subject, state }) => [subject, state]),
  )
}

describe('a look at the gate on Redis', { skip: reasonAgainstOwnRedis() ?? false }, () => {
  it('finds nothing wrong with one that keeps what it is told', async (t) => {
    const redis = await ownRedis(t, ['--appendonly', 'yes'])
    assert.deepEqual(await statesOf(redis.address), {
      'Redis answers': 'ok',
      'Redis: version and kind': 'ok',
      'Redis: maxmemory-policy': 'ok',
      'Redis: appendonly': 'ok',
    })
    const findings = await inspectGate(configOf(redis.address))
    assert.match(findings.find(({ subject }) => subject === 'Redis: latency')?.detail ?? '', /takes \d+\.\d ms/)
  })

  it('warns of one that keeps nothing, and finds fault with one that evicts or is a part of a cluster', async (t) => {
    const redis = await ownRedis(t, ['--maxmemory-policy', 'allkeys-lru', '--cluster-enabled', 'yes'])
    assert.deepEqual(await statesOf(redis.address), {
      'Redis answers': 'ok',
      'Redis: version and kind': 'fault',
      'Redis: maxmemory-policy': 'fault',
      'Redis: appendonly': 'warning',
    })
  })

  it('says where it found none, and why', async (t) => {
    const redis = await ownRedis(t)
    await redis.kill()
    const [finding] = await inspectGate(configOf(redis.address))
    assert.equal(finding?.state, 'fault')
    assert.match(finding?.detail ?? '', new RegExp(`^not at 127.0.0.1:${redis.address.port}: .*ECONNREFUSED`))
  })

  it('shows no password of one that refuses it', async (t) => {
    const redis = await ownRedis(t, ['--requirepass', 'correct'])
    const findings = await inspectGate(configOf({ ...redis.address, password: 'wrong-one' }))
    assert.equal(findings[0]?.state, 'fault')
    assert.match(findings[0]?.detail ?? '', /WRONGPASS/)
    assert.doesNotMatch(JSON.stringify(findings), /wrong-one/)
  })
})
