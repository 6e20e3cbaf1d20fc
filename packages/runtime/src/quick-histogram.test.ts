import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram, Registry } from 'prom-client'
import { createMetrics } from './metrics.ts'
import { createQuickHistogram } from './quick-histogram.ts'

const FACTS = { name: 'sluice_test_seconds', help: 'Seconds of a test', buckets: [0.1, 0.5, 2] }
/** On a bound, between bounds, beyond all, nothing. */
const VALUES = [0, 0.1, 0.1000001, 0.4, 0.5, 1.9, 2, 2.1, 77]

test('exports the lines that prom-client exports for the same observations', async () => {
  const registry = new Registry()
  const theirs = new Histogram({ ...FACTS, labelNames: ['route'], registers: [registry] })
  const ours = createQuickHistogram({ ...FACTS, label: 'route' })
  for (const route of ['/a', '/b'])
    for (const value of VALUES) {
      theirs.observe({ route }, value)
      ours.series(route).observe(value)
    }
  const expected = await registry.metrics()
  registry.clear()
  registry.registerMetric(ours as unknown as Histogram)
  assert.deepEqual(sortedLines(await registry.metrics()), sortedLines(expected))
})

test('exports the same without a label', async () => {
  const registry = new Registry()
  const theirs = new Histogram({ ...FACTS, registers: [registry] })
  const ours = createQuickHistogram(FACTS)
  for (const value of VALUES) {
    theirs.observe(value)
    ours.series().observe(value)
  }
  const expected = await registry.metrics()
  registry.clear()
  registry.registerMetric(ours as unknown as Histogram)
  assert.deepEqual(sortedLines(await registry.metrics()), sortedLines(expected))
})

test('is found by its metrics: one name, one metric', async () => {
  const metrics = createMetrics({ process: 'test', version: { version: '1', commit: null } })
  metrics
    .quickHistogram({ ...FACTS, label: 'route' })
    .series('/a')
    .observe(1)
  assert.match(await metrics.text({ tenants: false }), /sluice_test_seconds_count\{route="\/a",process="test"\} 1/)
  assert.throws(() => metrics.quickHistogram({ ...FACTS, label: 'route' }), /already been registered/)
})

/** Labels of a line may stand in any order. */
const sortedLines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort().join()}}`))
