import {
  Counter,
  type CounterConfiguration,
  collectDefaultMetrics,
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type HistogramConfiguration,
  Registry,
} from 'prom-client'
import { createQuickHistogram, type QuickHistogram, type QuickHistogramFacts } from './quick-histogram.ts'
import type { Version } from './version.ts'

// http.md 5: enough to see who is loud, few enough that tenants cannot fill the memory of whoever scrapes us.
const NAMED_TENANTS = 20

type Facts<T extends string, C extends { labelNames?: readonly T[] }> = Omit<C, 'registers'>

/** What a process counts. Metric names start with `sluice_`; labels come from closed or capped sets, never ids or event types. */
export interface Metrics {
  readonly registry: Registry
  counter<T extends string>(facts: Facts<T, CounterConfiguration<T>>): Counter<T>
  gauge<T extends string>(facts: Facts<T, GaugeConfiguration<T>>): Gauge<T>
  histogram<T extends string>(facts: Facts<T, HistogramConfiguration<T>>): Histogram<T>
  /** For what is observed once per request. */
  quickHistogram(facts: QuickHistogramFacts): QuickHistogram
  /** The value for a `tenant` label: the id itself for the first 20 tenants that this process sees, else `other`. */
  tenantLabel(tenantId: string): string
  /** All series in Prometheus' text form; without those that have a `tenant` label unless `tenants` is true (reliability.md 8). */
  text(options: { tenants: boolean }): Promise<string>
}

export interface MetricsOptions {
  /** Which process counts; a label on every series. */
  readonly process: string
  readonly version: Version
}

/** A registry with the default collectors (CPU, memory, event-loop delay, open handles) and `sluice_build_info`. */
export function createMetrics({ process: name, version }: MetricsOptions): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ process: name })
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const buildInfo = new Gauge({
    name: 'sluice_build_info',
    help: 'Always 1; the labels say what runs',
    labelNames: ['version', 'commit'],
    registers,
  })
  buildInfo.set({ version: version.version, commit: version.commit ?? 'unknown' }, 1)

  // The first 20, not the loudest 20: a label that changed hands would make counters jump.
  const named = new Set<string>()
  return {
    registry,
    counter: (facts) => new Counter({ ...facts, registers }),
    gauge: (facts) => new Gauge({ ...facts, registers }),
    histogram: (facts) => new Histogram({ ...facts, registers }),
    quickHistogram(facts) {
      const histogram = createQuickHistogram(facts)
      // It is what the registry asks of a metric; the types name prom-client's own classes.
      registry.registerMetric(histogram as unknown as Histogram)
      return histogram
    },
    tenantLabel(tenantId) {
      if (named.has(tenantId)) return tenantId
      if (named.size >= NAMED_TENANTS) return 'other'
      named.add(tenantId)
      return tenantId
    },
    async text({ tenants }) {
      if (tenants) return registry.metrics()
      const open = registry.getMetricsAsArray().filter((metric) => !labelNamesOf(metric).includes('tenant'))
      const texts = await Promise.all(open.map(({ name }) => registry.getSingleMetricAsString(name)))
      return `${texts.join('\n\n')}\n`
    },
  }
}

// prom-client keeps the label names on each metric, but its types do not say so.
const labelNamesOf = (metric: object): readonly string[] =>
  (metric as { labelNames?: readonly string[] }).labelNames ?? []
