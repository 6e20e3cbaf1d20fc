import type { Metrics } from './metrics.ts'
import type { HistogramSeries } from './quick-histogram.ts'

/** Requests as every process counts them. */
export interface HttpMetrics {
  /**
   * Counts one answer.
   * @param route the route's pattern, such as `/admin/receipts/:receiptId`; `none` for an unknown path
   * @param seconds from the request's head to the end of the answer
   */
  answered(method: string, route: string, status: number, seconds: number): void
}

/** `answers`: by method and status, since they were last asked for. */
type RouteCounts = { answers: Map<string, Map<number, number>>; durations: HistogramSeries }

const made = new WeakMap<Metrics, HttpMetrics>()

/** One pair of series per process: called again with the same metrics it returns the same object, so that a route beside Fastify counts with it. */
export function httpMetrics(metrics: Metrics): HttpMetrics {
  const known = made.get(metrics)
  if (known !== undefined) return known
  // Counted here and told when asked, as finding a series costs more than the rest of counting.
  const routes = new Map<string, RouteCounts>()
  metrics.counter({
    name: 'sluice_http_requests_total',
    help: 'Requests answered',
    labelNames: ['method', 'route', 'status'],
    collect() {
      for (const [route, { answers }] of routes)
        for (const [method, byStatus] of answers) {
          for (const [status, count] of byStatus) this.inc({ method, route, status }, count)
          byStatus.clear()
        }
    },
  })
  const durations = metrics.quickHistogram({
    name: 'sluice_http_request_duration_seconds',
    help: 'From the request line to the end of the answer',
    label: 'route',
    // 5 s is the promise of I11; all beyond it is one bucket.
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  })
  const created: HttpMetrics = {
    answered(method, route, status, seconds) {
      let counts = routes.get(route)
      if (counts === undefined) {
        counts = { answers: new Map(), durations: durations.series(route) }
        routes.set(route, counts)
      }
      let byStatus = counts.answers.get(method)
      if (byStatus === undefined) {
        byStatus = new Map()
        counts.answers.set(method, byStatus)
      }
      byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
      counts.durations.observe(seconds)
    },
  }
  made.set(metrics, created)
  return created
}
