import type { Metrics } from './metrics.ts'

/** Requests as every process counts them. */
export interface HttpMetrics {
  /**
   * Counts one answer.
   * @param route the route's pattern, such as `/admin/receipts/:receiptId`; `none` for an unknown path
   * @param seconds from the request's head to the end of the answer
   */
  answered(method: string, route: string, status: number, seconds: number): void
}

const made = new WeakMap<Metrics, HttpMetrics>()

/** One pair of series per process: called again with the same metrics it returns the same object, so that a route beside Fastify counts with it. */
export function httpMetrics(metrics: Metrics): HttpMetrics {
  const known = made.get(metrics)
  if (known !== undefined) return known
  const requests = metrics.counter({
    name: 'sluice_http_requests_total',
    help: 'Requests answered',
    labelNames: ['method', 'route', 'status'],
  })
  const durations = metrics.histogram({
    name: 'sluice_http_request_duration_seconds',
    help: 'From the request line to the end of the answer',
    labelNames: ['route'],
    // 5 s is the promise of I11; all beyond it is one bucket.
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  })
  const created: HttpMetrics = {
    answered(method, route, status, seconds) {
      requests.inc({ method, route, status })
      durations.observe({ route }, seconds)
    },
  }
  made.set(metrics, created)
  return created
}
