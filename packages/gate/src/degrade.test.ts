import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import {
  anAccepted,
  anAdmitRequest,
  aRetryOf,
  LEASE_MS,
  outcomesOf,
  START_MS,
  settleOne,
  WINDOW_MS,
} from './contract/fixture.contract.ts'
import { degradeWhenAway, type GateEngine } from './degrade.ts'
import { GateUnavailableError } from './gate.ts'
import { createMemoryGate } from './memory-gate.ts'

/** A gate over an engine that is away, or loses its replies, when the test says so. */
function aGate({ workers = 1, rideMs = 0 }: { workers?: number; rideMs?: number } = {}) {
  const clock = createManualClock(START_MS)
  const memory = createMemoryGate({ clock, windowMs: WINDOW_MS, leaseMs: LEASE_MS })
  const lines: string[] = []
  const engine = { state: 'up' as 'up' | 'away' | 'reply_lost', calls: 0 }
  async function through<T>(call: () => Promise<T>): Promise<T> {
    engine.calls += 1
    if (engine.state === 'away') throw new GateUnavailableError('asking the engine')
    const answer = await call()
    if (engine.state === 'reply_lost') throw new GateUnavailableError('asking the engine')
    return answer
  }
  const flaky: GateEngine = {
    ...memory,
    admit: (requests, ended) =>
      through(async () => {
        await memory.settle(ended)
        return memory.admit(requests)
      }),
    settle: (outcomes) => through(() => memory.settle(outcomes)),
  }
  const log = { warn: (event: string) => lines.push(event), info: (event: string) => lines.push(event) }
  return { gate: degradeWhenAway(flaky, { clock, workers, log, rideMs }), engine, clock, lines }
}

const many = (count: number, limitPerMin: number) =>
  Array.from({ length: count }, () => anAdmitRequest({ limitPerMin }))

describe('ends of claims', () => {
  it('travel with the next admit, which sees them: no call of their own', async () => {
    const { gate, engine } = aGate({ rideMs: 60_000 })
    const [first, second] = [anAdmitRequest(), anAdmitRequest()]
    await gate.admit([first, second])
    await settleOne(gate, first, 'done')
    await settleOne(gate, second, 'refused')
    assert.equal(engine.calls, 1)
    assert.deepEqual(outcomesOf(await gate.admit([aRetryOf(first), aRetryOf(second)])), ['duplicate', 'claimed'])
    assert.equal(engine.calls, 2)
    await gate[Symbol.asyncDispose]()
    assert.equal(engine.calls, 2, 'none is left')
  })

  it('go by themselves when no admit comes', async () => {
    const { gate, engine } = aGate({ rideMs: 1 })
    const request = anAdmitRequest()
    await gate.admit([request])
    await settleOne(gate, request, 'done')
    await eventually(() => engine.calls === 2)
  })

  it('are there before anybody asks for them, and before the gate closes', async () => {
    const { gate, engine } = aGate({ rideMs: 60_000 })
    const request = await anAccepted(gate)
    assert.equal((await gate.find(request.tenantId, request.idempotencyKey))?.state, 'accepted')
    await anAccepted(gate)
    assert.equal((await gate.counts(null, 1)).minutes[0]?.accepted, 2)
    await anAccepted(gate)
    const calls = engine.calls
    await gate[Symbol.asyncDispose]()
    assert.equal(engine.calls, calls + 1)
  })

  it('are left out while the engine is left alone', async () => {
    const { gate, engine } = aGate()
    engine.state = 'away'
    for (let i = 0; i < 8; i++) await settleOne(gate, anAdmitRequest(), 'done')
    assert.equal(engine.calls, 5)
  })
})

describe('a gate whose engine is away', () => {
  it('claims with the own receipt of each request, and says that it is degraded', async () => {
    const { gate, engine } = aGate()
    engine.state = 'away'
    const requests = many(2, 300)
    const verdicts = await gate.admit(requests)
    assert.deepEqual(verdicts, [
      { degraded: true, outcome: 'claimed', receiptId: requests[0]?.receiptId, left: 299, resetMs: 61_000 },
      { degraded: true, outcome: 'claimed', receiptId: requests[1]?.receiptId, left: 298, resetMs: 61_000 },
    ])
  })

  it('says degraded of nothing while the engine is up', async () => {
    const { gate } = aGate()
    assert.deepEqual(
      (await gate.admit(many(2, 1))).map(({ degraded }) => degraded),
      [false, false],
    )
  })

  it('opens no fresh minute: what the engine let through counts', async () => {
    const { gate, engine, clock } = aGate()
    await gate.admit(many(7, 10))
    engine.state = 'away'
    const verdicts = await gate.admit(many(5, 10))
    assert.deepEqual(outcomesOf(verdicts), ['claimed', 'claimed', 'claimed', 'over_limit', 'over_limit'])
    assert.deepEqual(verdicts[3], {
      degraded: true,
      outcome: 'over_limit',
      left: 0,
      resetMs: 61_000,
      retryAfterMs: 61_000,
    })
    clock.advance(61_000)
    assert.equal((await gate.admit(many(1, 10)))[0]?.outcome, 'claimed')
  })

  it('counts nothing that the engine refused', async () => {
    const { gate, engine } = aGate({ workers: 2 })
    await gate.admit(many(20, 4)) // 4 of them pass
    engine.state = 'away'
    const verdicts = await gate.admit(many(20, 12)) // this process may take 6
    assert.equal(outcomesOf(verdicts).filter((outcome) => outcome === 'claimed').length, 2)
  })

  it('lets its whole part of the limit through, and at least one', async () => {
    for (const { limit, workers, share } of [
      { limit: 10, workers: 3, share: 3 },
      { limit: 2, workers: 3, share: 1 },
    ]) {
      const { gate, engine } = aGate({ workers })
      engine.state = 'away'
      const verdicts = await gate.admit(many(10, limit))
      assert.equal(outcomesOf(verdicts).filter((outcome) => outcome === 'claimed').length, share)
    }
  })

  it('limits each tenant by itself', async () => {
    const { gate, engine } = aGate()
    engine.state = 'away'
    const verdicts = await gate.admit([
      anAdmitRequest({ tenantId: 'tenant_a', limitPerMin: 1 }),
      anAdmitRequest({ tenantId: 'tenant_b', limitPerMin: 1 }),
      anAdmitRequest({ tenantId: 'tenant_a', limitPerMin: 1 }),
    ])
    assert.deepEqual(outcomesOf(verdicts), ['claimed', 'claimed', 'over_limit'])
  })

  it('ends claims without an error though nobody hears it', async () => {
    const { gate, engine } = aGate()
    engine.state = 'away'
    await settleOne(gate, anAdmitRequest(), 'done')
  })

  it('is not asked for a second after five errors, then once, then again as ever', async () => {
    const { gate, engine, clock, lines } = aGate()
    engine.state = 'away'
    for (let i = 0; i < 8; i++) await gate.admit(many(1, 300))
    assert.equal(engine.calls, 5)
    clock.advance(1_000)
    await gate.admit(many(1, 300))
    await gate.admit(many(1, 300))
    assert.equal(engine.calls, 6)
    engine.state = 'up'
    clock.advance(1_000)
    assert.deepEqual(
      [await gate.admit(many(1, 300)), await gate.admit(many(1, 300))].flat().map(({ degraded }) => degraded),
      [false, false],
    )
    assert.deepEqual(lines, ['gate.call_failed', 'gate.away', 'gate.back'])
  })

  it('remembers an event whose claim lost its reply, once the claim is ended', async () => {
    const { gate, engine } = aGate()
    engine.state = 'reply_lost'
    const request = anAdmitRequest()
    assert.deepEqual(outcomesOf(await gate.admit([request])), ['claimed'])
    engine.state = 'up'
    await settleOne(gate, request, 'done')
    const [repeat] = await gate.admit([aRetryOf(request)])
    assert.ok(repeat?.outcome === 'duplicate')
    assert.equal(repeat.receiptId, request.receiptId)
  })

  it('asks the engine for nothing when there is nothing to ask', async () => {
    const { gate, engine } = aGate()
    assert.deepEqual(await gate.admit([]), [])
    await gate.settle([])
    assert.equal(engine.calls, 0)
  })
})
