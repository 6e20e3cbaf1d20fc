import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { anAccepted, aRetryOf, many, outcomesOf, PATIENT, WINDOW_MS } from './contract/fixture.contract.ts'
import { openRedisConnection, type RedisCommand, type RedisConnection } from './redis/connection.ts'
import { redisKeys } from './redis/keys.ts'
import { prepareRedis } from './redis/open.ts'
import { ADMIT, SETTLE } from './redis/scripts.ts'
import { createRedisGate } from './redis-gate.ts'
import { isConnected, sharedRedis, testPrefix, testRedisGate } from './testing/redis-gates.ts'

const address = sharedRedis()
const log = { info: () => {}, warn: () => {} }

/** A gate, and every command that it sends. */
async function aWatchedGate(t: TestContext, { rideMs = 0 } = {}) {
  const keyPrefix = testPrefix(t, address)
  const prepare: Parameters<typeof openRedisConnection>[0]['prepare'] = (send) =>
    prepareRedis(send, redisKeys(keyPrefix), null)
  const connection = await openRedisConnection({ address, prepare, log })
  await isConnected(connection)
  const sent: RedisCommand[] = []
  const watched: RedisConnection = {
    ...connection,
    send(command, how) {
      sent.push(command)
      return connection.send(command, how)
    },
  }
  const gate = createRedisGate({ connection: watched, keyPrefix, windowMs: WINDOW_MS, limits: PATIENT, rideMs, log })
  t.after(() => gate[Symbol.asyncDispose]())
  const ask = (...command: string[]) => connection.send(command, { limitMs: 60_000 })
  return { gate, sent, ask, keyPrefix }
}

describe('the gate on Redis', () => {
  it('asks once to admit a hundred requests that arrive together, and ends them along with the next ones', async (t) => {
    const { gate, sent } = await aWatchedGate(t, { rideMs: 60_000 })
    const requests = many(100).map((request, nth) => ({ ...request, tenantId: `tenant_${nth % 40}` }))
    const verdicts = await gate.admit(requests)
    assert.ok(verdicts.every(({ outcome, degraded }) => outcome === 'claimed' && !degraded))
    await gate.settle(requests.map((request) => ({ ...request, outcome: 'done' })))
    assert.equal(sent.length, 1)
    assert.deepEqual(new Set(outcomesOf(await gate.admit(requests.map(aRetryOf)))), new Set(['duplicate']))
    assert.deepEqual(
      sent.map(([name, script]) => [name, script]),
      [ADMIT, SETTLE, ADMIT].map(({ sha }) => ['EVALSHA', sha]),
    )
  })

  it('names every key that a call touches, and tags those of a tenant with it', async (t) => {
    const { gate, sent, ask, keyPrefix } = await aWatchedGate(t)
    const requests = many(20, { limitPerMin: 4 }).map((request, nth) => ({ ...request, tenantId: `tenant_${nth % 3}` }))
    await gate.admit(requests)
    await gate.settle(requests.map((request) => ({ ...request, outcome: 'done' })))
    const named = new Set(sent.flatMap(([, , count, ...rest]) => rest.slice(0, Number(count)).map(String)))
    const there = (await ask('KEYS', `${keyPrefix}*`)) as string[]
    const global = ['gate:since', 'gate:tenants', 'gate:run'].map((name) => keyPrefix + name)
    for (const key of there) {
      if (key !== `${keyPrefix}gate:run`) assert.ok(named.has(key), `${key} was not named`)
      if (!global.includes(key)) assert.match(key, /:\{tenant_[012]\}/)
    }
    assert.equal(there.filter((key) => key.includes('idem:')).length, 20)
  })

  it('answers two hundred callers at once, a call each', async (t) => {
    const prefix = testPrefix(t, address)
    const options = { address, prefix, windowMs: WINDOW_MS, limits: PATIENT }
    const [one, two] = await Promise.all([testRedisGate(t, options), testRedisGate(t, options)])
    const [request] = many(1)
    assert.ok(request)
    const asked = Array.from({ length: 200 }, (_, nth) => (nth % 2 === 0 ? one : two).gate.admit([aRetryOf(request)]))
    const outcomes = outcomesOf((await Promise.all(asked)).flat())
    assert.equal(outcomes.filter((outcome) => outcome === 'claimed').length, 1)
    assert.equal(outcomes.filter((outcome) => outcome === 'in_flight').length, 199)
  })

  it('goes by the clock of Redis when no test gives another', async (t) => {
    const { gate, ask } = await aWatchedGate(t)
    const { tenantId, idempotencyKey } = await anAccepted(gate)
    const found = await gate.find(tenantId, idempotencyKey)
    const [seconds] = (await ask('TIME')) as [string, string]
    const aheadMs = (found?.expiresAt.getTime() ?? 0) - Number(seconds) * 1_000
    assert.ok(aheadMs > WINDOW_MS - 60_000 && aheadMs <= WINDOW_MS + 1_000, `${aheadMs} ms`)
  })

  it('holds a claim in less than 300 bytes, and a limit in less than 450', async (t) => {
    const { gate, ask, keyPrefix } = await aWatchedGate(t)
    const { tenantId } = await anAccepted(gate)
    const sizeOf = async (key: string) => Number(await ask('MEMORY', 'USAGE', key))
    const [claim = ''] = (await ask('KEYS', `${keyPrefix}idem:*`)) as string[]
    const size = (await sizeOf(claim)) - keyPrefix.length
    assert.ok(size > 80 && size < 300, `${size} bytes`)
    assert.ok((await sizeOf(redisKeys(keyPrefix).limit(tenantId))) < 450)
  })

  it('refuses a token that is no UUID, instead of shifting everything after it', async (t) => {
    const { gate, sent } = await aWatchedGate(t)
    const [request] = many(1)
    assert.ok(request)
    assert.equal((await gate.admit([{ ...request, token: 'not-a-uuid' }]))[0]?.degraded, true)
    assert.equal(sent.length, 0)
  })
})
