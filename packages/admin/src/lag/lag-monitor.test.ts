import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PartitionLag } from '@sluice/event-log'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { createLagMonitor } from './lag-monitor.ts'

const NOW = Date.UTC(2026, 4, 4, 10)
const waiting = (lag: number | null, oldestWaitedMs: number | null = null, partition = 0): PartitionLag => ({
  partition,
  start: 0n,
  end: lag === null ? null : BigInt(lag),
  committed: null,
  lag: lag === null ? null : BigInt(lag),
  oldestWaitingAt: oldestWaitedMs === null ? null : new Date(NOW - oldestWaitedMs),
})

function aMonitor(...first: PartitionLag[]) {
  const clock = createManualClock(NOW)
  let partitions = first
  const monitor = createLagMonitor({ lag: async () => partitions }, clock)
  return {
    read: () => monitor.read(),
    readAfter(ms: number, ...next: PartitionLag[]) {
      clock.advance(ms)
      partitions = next
      return monitor.read()
    },
  }
}

test('the first reading knows what waits and since when, but no trend', async () => {
  const { read } = aMonitor(waiting(3, 1_500, 0), waiting(4, 9_000, 1), waiting(0, null, 2))
  const { totalLag, behindSeconds, drainSeconds, trend } = await read()
  assert.deepEqual(
    { totalLag, behindSeconds, drainSeconds, trend },
    { totalLag: 7, behindSeconds: 9, drainSeconds: null, trend: null },
  )
})

test('one partition that cannot be known makes the sums unknown, not smaller', async () => {
  const { totalLag, behindSeconds, drainSeconds, trend } = await aMonitor(waiting(3, 1_500), waiting(null)).read()
  assert.deepEqual([totalLag, behindSeconds, drainSeconds, trend], [null, null, null, null])
})

test('an empty log is 0 behind; a waiting record of unknown age makes the age unknown', async () => {
  assert.equal((await aMonitor(waiting(0)).read()).behindSeconds, 0)
  assert.equal((await aMonitor(waiting(2)).read()).behindSeconds, null)
})

test('an append by a clock ahead of ours has waited for 0 s, not less', async () => {
  assert.equal((await aMonitor(waiting(1, -5_000)).read()).behindSeconds, 0)
})

for (const [after, trend, drainSeconds] of [
  [600, 'draining', 15],
  [1_000, 'steady', null],
  [1_400, 'growing', null],
  [0, 'draining', 0],
] as const)
  test(`from 1,000 to ${after} within 10 s is ${trend}`, async () => {
    const { read, readAfter } = aMonitor(waiting(1_000))
    await read()
    const reading = await readAfter(10_000, waiting(after))
    assert.deepEqual([reading.trend, reading.drainSeconds], [trend, drainSeconds])
  })

test('rates are measured: what came, what was settled, and the time until nothing waits at both', async () => {
  // 1,000 wait; in 10 s another 200 come and 700 are settled.
  const { read, readAfter } = aMonitor({ ...waiting(1_000), end: 5_000n })
  assert.deepEqual([(await read()).appendedPerSecond, (await read()).settledPerSecond], [null, null])
  const reading = await readAfter(10_000, { ...waiting(500), end: 5_200n })
  assert.deepEqual(
    [reading.appendedPerSecond, reading.settledPerSecond, reading.drainSeconds, reading.trend],
    [20, 70, 10, 'draining'],
  )
})

test('a trend forgets what is over', async () => {
  const { read, readAfter } = aMonitor(waiting(0))
  await read()
  assert.equal((await readAfter(10_000, waiting(1_000))).trend, 'growing')
  assert.equal((await readAfter(15_000, waiting(1_000))).trend, 'steady')
})

test('two readings within a moment are no trend', async () => {
  const { read, readAfter } = aMonitor(waiting(0))
  await read()
  assert.equal((await readAfter(1_500, waiting(100))).trend, null)
})
