import type { ProblemCode } from '@sluice/contract/problems'
import { httpMetrics } from '@sluice/runtime/http-metrics'
import type { Metrics } from '@sluice/runtime/metrics'
import type { Answer } from './event-answers.ts'

/** The routes that take events. */
export type EventsRoute = '/events' | '/events/batch'

/** What ingest counts. Added once per answer or batch; read by Prometheus and summed up every 10 s in the log. */
export type IngestMetrics = {
  /** @param seconds from the request's head to the answer */
  answered(route: EventsRoute, answer: Pick<Answer, 'status' | 'code'>, seconds: number): void
  /** One event of a batch that was answered otherwise. */
  itemRefused(code: ProblemCode): void
  accepted(tenantId: string, count: number): void
  duplicates(count: number): void
  batchRan(items: number, seconds: number): void
  appended(seconds: number): void
  admitted(seconds: number): void
  /** Answers since the last call, by status. */
  takeSummary(): Record<string, number>
}

/** In seconds: from below a memory gate to the append's own limit. */
const LATENCY_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4]

export function createIngestMetrics(metrics: Metrics, inFlightBytes: () => number): IngestMetrics {
  const requests = httpMetrics(metrics)
  const refused = metrics.counter({
    name: 'sluice_ingest_refused_total',
    help: 'Refused requests, and refused events of batches, by code',
    labelNames: ['code'],
  })
  const acceptedEvents = metrics.counter({
    name: 'sluice_ingest_accepted_total',
    help: 'Events durable in the log, by tenant',
    labelNames: ['tenant'],
  })
  const duplicateEvents = metrics.counter({ name: 'sluice_ingest_duplicates_total', help: 'Repeats told at the edge' })
  const batchItems = metrics
    .quickHistogram({
      name: 'sluice_ingest_micro_batch_events',
      help: 'Events that travelled together',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
    })
    .series()
  const latency = metrics.quickHistogram({
    name: 'sluice_ingest_step_seconds',
    help: 'Time of a micro-batch in the gate, in the log, and in all',
    label: 'step',
    buckets: LATENCY_BUCKETS,
  })
  const steps = { admit: latency.series('admit'), append: latency.series('append'), batch: latency.series('batch') }
  metrics.gauge({
    name: 'sluice_ingest_inflight_bytes',
    help: 'Bytes of bodies in hand',
    collect() {
      this.set(inFlightBytes())
    },
  })
  let summary: Record<string, number> = {}

  return {
    answered(route, { status, code }, seconds) {
      requests.answered('POST', route, status, seconds)
      if (code !== null) refused.inc({ code })
      summary[status] = (summary[status] ?? 0) + 1
    },
    itemRefused: (code) => refused.inc({ code }),
    accepted: (tenantId, count) => acceptedEvents.inc({ tenant: metrics.tenantLabel(tenantId) }, count),
    duplicates: (count) => duplicateEvents.inc(count),
    batchRan(items, seconds) {
      batchItems.observe(items)
      steps.batch.observe(seconds)
    },
    appended: (seconds) => steps.append.observe(seconds),
    admitted: (seconds) => steps.admit.observe(seconds),
    takeSummary() {
      const taken = summary
      summary = {}
      return taken
    },
  }
}
