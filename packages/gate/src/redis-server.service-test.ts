import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { admitOne, anAccepted, anAdmitRequest, aRetryOf, outcomesOf, WINDOW_MS } from './contract/fixture.contract.ts'
import { type Gate, GateUnavailableError } from './gate.ts'
import { testRedisGate } from './testing/redis-gates.ts'
import { ownRedis, reasonAgainstOwnRedis } from './testing/redis-server.ts'

const isBack = (gate: Gate) => eventually(async () => !(await admitOne(gate, anAdmitRequest())).degraded)
const SOON = { timeout: 120_000 }
/** Patient with a Redis that lives; one that is frozen is given up before. */
const LIMITS = { admitMs: 10_000, settleMs: 10_000 }
const against = reasonAgainstOwnRedis()

describe('a gate whose Redis is a real one, and breaks', { skip: against ?? false, concurrency: 4 }, () => {
  /** Ends of claims are in Redis when `settle` returns, so that what breaks next does not meet them on their way. */
  async function aGate(t: TestContext, settings: readonly string[] = []) {
    const redis = await ownRedis(t, settings)
    const options = { address: redis.address, prefix: '', windowMs: WINDOW_MS, limits: LIMITS }
    const gate = await testRedisGate(t, { ...options, rideMs: 0 })
    return { redis, ...gate }
  }

  it('answers degraded while it is dead, and goes on with nothing when it comes back empty', SOON, async (t) => {
    const { redis, gate } = await aGate(t)
    const done = await anAccepted(gate)
    await redis.kill()
    assert.equal((await admitOne(gate, anAdmitRequest())).degraded, true)
    await redis.start()
    await isBack(gate)
    const retry = aRetryOf(done)
    assert.deepEqual(outcomesOf(await gate.admit([retry, aRetryOf(done)])), ['claimed', 'in_flight'])
  })

  it('says of counts that came back empty that they are unknown, not 0', SOON, async (t) => {
    const { redis, gate } = await aGate(t)
    await anAccepted(gate)
    const before = await gate.counts(null, 5)
    assert.equal(before.minutes[0]?.accepted, 1)
    await redis.kill()
    await redis.start()
    await isBack(gate)
    const after = await gate.counts(null, 5)
    assert.deepEqual(after.minutes, [])
    assert.ok(after.since > before.since)
  })

  it(
    'says so, too, when a snapshot from before comes back, and keeps counting what an append-only file held',
    SOON,
    async (t) => {
      for (const { settings, save, isWhole } of [
        { settings: [], save: true, isWhole: false },
        { settings: ['--appendonly', 'yes', '--appendfsync', 'always'], save: false, isWhole: true },
      ]) {
        const { redis, gate } = await aGate(t, settings)
        const done = await anAccepted(gate)
        if (save) await redis.command('SAVE')
        const { since } = await gate.counts(null, 5)
        await redis.kill()
        await redis.start()
        await isBack(gate)
        const counts = await gate.counts(null, 5)
        assert.equal(counts.minutes[0]?.accepted, 1)
        assert.equal(counts.since.getTime() === since.getTime(), isWhole)
        assert.equal((await admitOne(gate, aRetryOf(done))).outcome, 'duplicate')
      }
    },
  )

  it('says since when it counts anew after FLUSHALL, though the connection never broke', SOON, async (t) => {
    const { redis, gate } = await aGate(t)
    await anAccepted(gate)
    const { since } = await gate.counts(null, 5)
    await redis.command('FLUSHALL')
    const emptied = await gate.counts(null, 5)
    assert.ok(emptied.since > since)
    await anAccepted(gate)
    assert.deepEqual((await gate.counts(null, 5)).since, emptied.since)
  })

  it('loads its scripts again, within the call, when they were flushed', SOON, async (t) => {
    const { redis, gate } = await aGate(t)
    await redis.command('SCRIPT', 'FLUSH')
    const request = await anAccepted(gate)
    await redis.command('SCRIPT', 'FLUSH')
    await gate.settle([{ ...request, outcome: 'done' }])
    assert.equal((await admitOne(gate, aRetryOf(request))).outcome, 'duplicate')
  })

  it('answers in time while it is frozen for longer than a connection lives, and as ever after', SOON, async (t) => {
    const { redis, gate, connection } = await aGate(t)
    const done = await anAccepted(gate)
    redis.freeze()
    const sent = performance.now()
    const verdicts = await Promise.all(Array.from({ length: 8 }, () => admitOne(gate, anAdmitRequest())))
    assert.ok(verdicts.every(({ degraded }) => degraded))
    assert.ok(performance.now() - sent < 20_000, 'no verdict waits for the engine')
    // Kept busy: only a connection whose silence is watched, not its idleness, is given up.
    await eventually(async () => {
      const failure = await connection.send(['PING'], { limitMs: 100 }).then(
        () => null,
        (error: Error) => error,
      )
      return failure?.message === 'there is no connection to Redis'
    })
    redis.thaw()
    await isBack(gate)
    assert.equal((await admitOne(gate, aRetryOf(done))).outcome, 'duplicate')
  })

  it('R19: takes a full one for away, with nothing half done, and comes back when there is room', SOON, async (t) => {
    const { redis, gate } = await aGate(t)
    const done = await anAccepted(gate)
    await redis.command('CONFIG', 'SET', 'maxmemory', '1')
    const request = anAdmitRequest({ limitPerMin: 1_000 })
    assert.equal((await admitOne(gate, request)).degraded, true)
    await assert.rejects(gate.ready(), { name: 'GateUnavailableError', message: /Redis is full: .*; raise maxmemory/ })
    assert.equal((await gate.find(done.tenantId, done.idempotencyKey))?.state, 'accepted')
    assert.equal(await gate.find(request.tenantId, request.idempotencyKey), null)
    await redis.command('CONFIG', 'SET', 'maxmemory', '0')
    await isBack(gate)
    await gate.ready()
  })

  it('connects to a full one that it has used before, and says that it is full', SOON, async (t) => {
    const { redis, gate } = await aGate(t)
    await anAccepted(gate)
    await redis.command('CONFIG', 'SET', 'maxmemory', '1')
    const { gate: second } = await testRedisGate(t, { address: redis.address, prefix: '', windowMs: WINDOW_MS })
    await assert.rejects(second.ready(), /Redis is full/)
  })

  it('is not ready while it may evict, says why and what to do, and is ready again after that', SOON, async (t) => {
    const { redis, gate } = await aGate(t)
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    await assert.rejects(gate.ready(), (error) => {
      assert.ok(error instanceof GateUnavailableError)
      assert.match(error.message, /maxmemory-policy is allkeys-lru; redis-cli CONFIG SET maxmemory-policy noeviction/)
      return true
    })
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    await gate.ready()
  })

  it('is not used when it is a part of a cluster, and says so', SOON, async (t) => {
    const redis = await ownRedis(t, ['--cluster-enabled', 'yes'])
    const options = { address: redis.address, prefix: '', windowMs: WINDOW_MS, isFit: false }
    const { gate } = await testRedisGate(t, options)
    assert.equal((await admitOne(gate, anAdmitRequest())).degraded, true)
    await assert.rejects(gate.ready(), ({ cause }: Error) => {
      const reason = (cause as Error).cause as Error
      assert.match(reason.message, /this is a Redis cluster, which the gate does not support; set REDIS_ADDR to one/)
      return true
    })
  })

  it('forgets keys and limits by itself when they are over', SOON, async (t) => {
    const redis = await ownRedis(t)
    const { gate } = await testRedisGate(t, {
      address: redis.address,
      prefix: '',
      limits: LIMITS,
      windowMs: 5_000,
      leaseMs: 500,
      rideMs: 0,
    })
    const { tenantId, idempotencyKey } = await anAccepted(gate)
    const claims = async () => (await redis.command('KEYS', 'idem:*')) as string[]
    assert.equal((await claims()).length, 1)
    const limit = Number(await redis.command('PTTL', `rl:{${tenantId}}:w`))
    assert.ok(limit > 61_000 - 5_000 && limit <= 62_000, `${limit} ms`)
    const counts = Number(await redis.command('PTTL', `cnt:{${tenantId}}`))
    assert.ok(counts > 86_400_000, `${counts} ms`)
    await eventually(async () => (await claims()).length === 0)
    assert.equal(await gate.find(tenantId, idempotencyKey), null)
  })
})
