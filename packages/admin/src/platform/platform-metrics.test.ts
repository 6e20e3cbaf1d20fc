import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { aBatch, aRecord } from '@sluice/event-store/testing/settle-records'
import { systemClock } from '@sluice/runtime/clock'
import { createMetrics } from '@sluice/runtime/metrics'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { createLagMonitor } from '../lag/lag-monitor.ts'
import { appendAccepted, commitAll, logIsAway, openTestAdmin } from '../testing/test-admin.ts'
import { createPlatformMetrics } from './platform-metrics.ts'

async function openMetrics(t: TestContext, options: Parameters<typeof openTestAdmin>[1] = {}) {
  const admin = await openTestAdmin(t, options)
  const memory = createMemoryLog()
  const metrics = createMetrics({ process: 'admin', version: { version: '0.0.0', commit: null } })
  const platformMetrics = createPlatformMetrics({
    metrics,
    pool: admin.pool,
    lag: createLagMonitor({ ...admin.eventLog, ...options.eventLog?.(admin.eventLog) }, systemClock),
    platform: { consuming: async () => ({ consuming: true }) },
    log: memory.log,
  })
  t.after(() => platformMetrics[Symbol.asyncDispose]())
  /** The series of one metric by its own label, as Prometheus reads them. */
  const series = async (name: string): Promise<Record<string, number>> => {
    await platformMetrics.sample()
    const text = await metrics.text({ tenants: false })
    const lines = [...text.matchAll(new RegExp(`^${name}\\{(?:[a-z]+="([^"]*)",)?process="admin"\\} (.*)$`, 'gm'))]
    return Object.fromEntries(lines.map(([, label = '', value]) => [label, Number(value)]))
  }
  return { ...admin, memory, series }
}

test('what waits shows by partition, with how long', async (t) => {
  const { eventLog, series } = await openMetrics(t)
  await appendAccepted(eventLog)
  const lag = await series('sluice_lag_records')
  assert.deepEqual(Object.keys(lag).sort(), ['0', '1', '2', '3', '4', '5'])
  assert.equal(
    Object.values(lag).reduce((sum, records) => sum + records),
    1,
  )
  const seconds = await series('sluice_lag_seconds')
  assert.equal(Object.values(seconds).filter((waited) => waited > 0).length, 1)
  assert.deepEqual(await series('sluice_processors_consuming'), { '': 1 })
  await commitAll(eventLog)
  assert.deepEqual(new Set(Object.values(await series('sluice_lag_seconds'))), new Set([0]))
})

test('what is not accounted for shows by how that is known', async (t) => {
  const { store, series, sql } = await openMetrics(t)
  const none = { row_missing: 0, row_uncounted: 0, position_uncounted: 0, position_unread: 0 }
  await store.settle(aBatch(aRecord({ offset: 0 }), aRecord({ offset: 1, key: 'other' })))
  assert.deepEqual(await series('sluice_balance_gap'), none)
  await sql('UPDATE settled_offsets SET next = next + 3')
  await sql(`INSERT INTO balance_gaps (minute, tenant_id, stored, dead_lettered)
    VALUES (date_trunc('minute', now()), 'acme', 2, -1)`)
  assert.deepEqual(await series('sluice_balance_gap'), {
    ...none,
    row_missing: 2,
    row_uncounted: 1,
    position_uncounted: 3,
  })
})

test('while the log is away its numbers are absent, which is said once', async (t) => {
  const { series, memory } = await openMetrics(t, { eventLog: logIsAway })
  assert.deepEqual([await series('sluice_lag_records'), await series('sluice_lag_seconds')], [{}, {}])
  const gap = await series('sluice_balance_gap')
  assert.deepEqual(Object.keys(gap), ['row_missing', 'row_uncounted', 'position_uncounted'])
  assert.deepEqual(memory.events(), ['metrics.not_known'])
})
