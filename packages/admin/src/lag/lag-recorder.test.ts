import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogUnavailableError } from '@sluice/event-log'
import { readLagHistory } from '@sluice/event-store/queries/lag-history'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import type { LagReading } from './lag-monitor.ts'
import { createLagRecorder } from './lag-recorder.ts'

const STEP_MS = 10_000
const CONSUMING = { consuming: async () => ({ consuming: true }) }

/** As the monitor would read it so many steps ago. */
function reading(stepsAgo: number, end: bigint, lag: number): LagReading {
  const at = (Math.floor(Date.now() / STEP_MS) - stepsAgo) * STEP_MS
  const partition = {
    partition: 0,
    start: 0n,
    end,
    committed: end - BigInt(lag),
    lag: BigInt(lag),
    oldestWaitingAt: null,
  }
  return {
    partitions: [partition],
    totalLag: lag,
    behindSeconds: lag === 0 ? 0 : 1.5,
    appendedPerSecond: null,
    settledPerSecond: null,
    settledBy: null,
    drainSeconds: null,
    trend: null,
    asOf: new Date(at),
  }
}

test('what was recorded is the history, rates between neighbours included', async (t) => {
  const { pool } = await testDatabase(t)
  const readings = [reading(6, 1_000n, 0), reading(5, 1_500n, 400), reading(4, 1_500n, 100)]
  const lag = { read: async () => readings.shift() ?? assert.fail('read too often') }
  await using recorder = createLagRecorder({ pool, lag, platform: CONSUMING, log: createMemoryLog().log })
  for (let n = 0; n < 3; n += 1) await recorder.record()
  const { stepSeconds, points } = await readLagHistory(pool, 5)
  const measured = points.filter(({ totalLag }) => totalLag !== null).map(({ at: _, ...point }) => point)
  assert.equal(stepSeconds, 10)
  assert.ok(points.length >= 29 && points.length <= 31)
  assert.deepEqual(measured, [
    { totalLag: 0, behindSeconds: 0, appendedPerSecond: null, settledPerSecond: null, consuming: true },
    { totalLag: 400, behindSeconds: 1.5, appendedPerSecond: 50, settledPerSecond: 10, consuming: true },
    { totalLag: 100, behindSeconds: 1.5, appendedPerSecond: 0, settledPerSecond: 30, consuming: true },
  ])
})

test('a day is told in at most 360 steps, each with the worst of it', async (t) => {
  const { pool, sql } = await testDatabase(t)
  // Beyond now too: a step may begin before the history is read.
  await sql(`INSERT INTO lag_samples SELECT date_bin('10 seconds', now(), '2000-01-01Z') - n * interval '10 seconds', n, n, 0, 0, n <> 4000
             FROM generate_series(-60, 8639) n`)
  const { stepSeconds, points } = await readLagHistory(pool, 1_440)
  assert.equal(stepSeconds, 240)
  assert.ok(points.length <= 361 && points.every(({ totalLag }) => totalLag !== null))
  assert.equal(points.filter(({ consuming }) => consuming === false).length, 1)
  assert.ok((points[0]?.totalLag ?? 0) > 8_600)
})

test('while the store is away samples wait, and are written when it is back', async (t) => {
  const { pool, sql } = await testDatabase(t)
  await sql('ALTER TABLE lag_samples RENAME TO away')
  const readings = [reading(3, 10n, 1), reading(2, 10n, 2)]
  const lag = { read: async () => readings.shift() ?? assert.fail('read too often') }
  const memory = createMemoryLog()
  await using recorder = createLagRecorder({ pool, lag, platform: CONSUMING, log: memory.log })
  await recorder.record()
  await sql('ALTER TABLE away RENAME TO lag_samples')
  await recorder.record()
  assert.deepEqual(await sql('SELECT total_lag::int AS lag FROM lag_samples ORDER BY at'), [{ lag: 1 }, { lag: 2 }])
  assert.deepEqual(memory.events(), ['lag.not_recorded'])
})

test('while the log is away there is a gap, and it is said once', async (t) => {
  const { pool } = await testDatabase(t)
  const lag = { read: () => Promise.reject(new LogUnavailableError('away')) }
  const memory = createMemoryLog()
  await using recorder = createLagRecorder({ pool, lag, platform: CONSUMING, log: memory.log })
  for (let n = 0; n < 3; n += 1) await recorder.record()
  assert.deepEqual(memory.events(), ['lag.not_recorded'])
  assert.ok(
    (await readLagHistory(pool, 5)).points.every(({ totalLag, consuming }) => totalLag === null && consuming === null),
  )
})
