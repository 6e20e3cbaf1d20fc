import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createHealth, type HealthComponent } from './health.ts'
import { createManualClock } from './testing/manual-clock.ts'
import { createMemoryLog } from './testing/memory-log.ts'

type Answer = 'ok' | 'degraded' | 'down'

/** A health whose rounds are asked for by hand, with components that answer what `answers` says. */
function testHealth(t: TestContext, answers: Record<string, Answer>, { critical = true, limitMs = 1_000 } = {}) {
  const clock = createManualClock(Date.parse('2026-01-01T00:00:00Z'))
  const { log, lines } = createMemoryLog()
  const component = (name: string): HealthComponent => ({
    critical,
    async probe() {
      const answer = answers[name]
      if (answer !== 'ok' && answer !== 'degraded') throw new Error(`${name} is down`)
      return answer
    },
  })
  const components = Object.fromEntries(Object.keys(answers).map((name) => [name, component(name)]))
  const health = createHealth({ components, log, clock, intervalMs: 1_000_000, limitMs })
  t.after(() => health[Symbol.asyncDispose]())
  return { health, clock, lines }
}

describe('createHealth', () => {
  it('is unavailable until its components have answered', async (t) => {
    const { health } = testHealth(t, { log: 'ok' })
    assert.equal(health.report().status, 'unavailable')
    await health.start()
    assert.deepEqual(health.report(), {
      status: 'ok',
      components: { log: { status: 'ok', since: '2026-01-01T00:00:00.000Z' } },
    })
  })

  it('turns a component off after two failures in a row and on after one success, and says since when', async (t) => {
    const answers: Record<string, Answer> = { log: 'ok' }
    const { health, clock } = testHealth(t, answers)
    const statusAfterRound = async () => {
      clock.advance(1_000)
      await health.start()
      return health.report().status
    }
    assert.equal(await statusAfterRound(), 'ok')
    answers.log = 'down'
    assert.equal(await statusAfterRound(), 'ok')
    assert.equal(await statusAfterRound(), 'unavailable')
    assert.equal(await statusAfterRound(), 'unavailable')
    assert.equal(health.report().components.log?.since, '2026-01-01T00:00:03.000Z')
    answers.log = 'ok'
    assert.equal(await statusAfterRound(), 'ok')
    answers.log = 'down'
    assert.equal(await statusAfterRound(), 'ok')
    answers.log = 'ok'
    assert.equal(await statusAfterRound(), 'ok')
    answers.log = 'down'
    assert.equal(await statusAfterRound(), 'ok')
  })

  it('is degraded, not unavailable, without a component that is not critical', async (t) => {
    const { health } = testHealth(t, { gate: 'down' }, { critical: false })
    await health.start()
    await health.start()
    assert.equal(health.report().status, 'degraded')
    assert.equal(health.report().components.gate?.status, 'unavailable')
  })

  it('is degraded as soon as a component says so', async (t) => {
    const { health } = testHealth(t, { log: 'ok', gate: 'degraded' })
    await health.start()
    assert.equal(health.report().status, 'degraded')
  })

  it('is unavailable while draining, though all components are well', async (t) => {
    const { health } = testHealth(t, { log: 'ok' })
    await health.start()
    health.drain()
    assert.equal(health.report().status, 'unavailable')
    assert.equal(health.report().components.log?.status, 'ok')
  })

  it('counts a probe without an answer as failed, aborts it, and starts no second one on top of it', async (t) => {
    let asked = 0
    const signals: AbortSignal[] = []
    const { log } = createMemoryLog()
    const stuck = Promise.withResolvers<'ok'>()
    const health = createHealth({
      components: {
        log: {
          critical: true,
          probe: (signal) => {
            asked += 1
            signals.push(signal)
            return stuck.promise
          },
        },
      },
      log,
      intervalMs: 1_000_000,
      limitMs: 5,
    })
    t.after(() => health[Symbol.asyncDispose]())
    await health.start()
    await health.start()
    assert.equal(health.report().status, 'unavailable')
    assert.equal(asked, 1)
    assert.ok(signals[0]?.aborted)
    stuck.resolve('ok')
    await health.start()
    await health.start()
    assert.equal(health.report().status, 'ok')
  })

  it('logs each change once, with the cause', async (t) => {
    const answers: Record<string, Answer> = { log: 'ok' }
    const { health, lines } = testHealth(t, answers)
    await health.start()
    answers.log = 'down'
    for (let round = 0; round < 4; round++) await health.start()
    assert.deepEqual(
      lines.map(({ event, level, component, status }) => [event, level, component, status]),
      [
        ['component.changed', 'info', 'log', 'ok'],
        ['component.changed', 'warn', 'log', 'unavailable'],
      ],
    )
    assert.match(JSON.stringify(lines[1]?.error), /log is down/)
  })

  it('probes again by itself every interval', async (t) => {
    const { log } = createMemoryLog()
    const again = Promise.withResolvers<void>()
    let asked = 0
    const probe = async () => {
      asked += 1
      if (asked === 3) again.resolve()
      return 'ok' as const
    }
    const health = createHealth({ components: { log: { critical: true, probe } }, log, intervalMs: 5 })
    t.after(() => health[Symbol.asyncDispose]())
    await health.start()
    const alive = setInterval(() => {}, 1_000)
    t.after(() => clearInterval(alive))
    await again.promise
  })

  it('lives while its loop turned within 10 s', async (t) => {
    const { health, clock } = testHealth(t, {})
    await health.start()
    clock.advance(9_999)
    assert.equal(health.isAlive(), true)
    clock.advance(1)
    assert.equal(health.isAlive(), false)
    await health.start()
    assert.equal(health.isAlive(), true)
  })

  it('can be disposed twice, also while a probe hangs', async () => {
    const { log } = createMemoryLog()
    const health = createHealth({
      components: { log: { critical: true, probe: () => new Promise(() => {}) } },
      log,
      limitMs: 5,
    })
    await health.start()
    const alive = setInterval(() => {}, 1_000)
    await health[Symbol.asyncDispose]()
    await health[Symbol.asyncDispose]()
    clearInterval(alive)
  })
})
