import type { EventLog } from '@sluice/event-log'
import type { Gate } from '@sluice/gate'
import { errorFields } from '@sluice/runtime/error-fields'
import type { Logger } from '@sluice/runtime/logger'
import type { AcceptEvents } from './accept-events.ts'
import type { IngestMetrics } from './ingest-metrics.ts'
import type { LogBreaker } from './log-breaker.ts'

const secondsSince = (startMs: number) => (performance.now() - startMs) / 1000

/** Measures `admit`; changes nothing else. */
export const withAdmitTime = (
  inner: Gate,
  metrics: Pick<IngestMetrics, 'admitted'>,
): Pick<Gate, 'admit' | 'settle'> => ({
  settle: (outcomes) => inner.settle(outcomes),
  async admit(requests) {
    const start = performance.now()
    const verdicts = await inner.admit(requests)
    metrics.admitted(secondsSince(start))
    return verdicts
  },
})

/** Measures `append`, tells the breaker how it went, and logs what the log did not take: once per micro-batch. */
export const withAppendWatch = (
  inner: EventLog,
  metrics: Pick<IngestMetrics, 'appended'>,
  breaker: LogBreaker,
  log: Logger,
): Pick<EventLog, 'append'> => ({
  async append(topic, records) {
    const start = performance.now()
    const outcomes = await inner.append(topic, records)
    metrics.appended(secondsSince(start))
    const failed = outcomes.filter((outcome) => outcome.type !== 'done')
    const anyDone = failed.length < outcomes.length
    // A record that is too large says nothing about the log's health.
    if (anyDone || failed.some(({ error }) => error.retryable)) breaker.record(anyDone)
    if (failed.length > 0) {
      const unknown = failed.filter(({ type }) => type === 'unknown').length
      log.warn('append.failed', { refused: failed.length - unknown, unknown, ...errorFields(failed[0]?.error) })
    }
    return outcomes
  },
})

/** Counts what became of each micro-batch, once per batch and tenant. */
export const withBatchCounts =
  (inner: AcceptEvents, metrics: IngestMetrics, log: Logger): AcceptEvents =>
  async (events) => {
    const start = performance.now()
    const acceptances = await inner(events)
    const acceptedByTenant = new Map<string, number>()
    let duplicates = 0
    for (const [index, acceptance] of acceptances.entries()) {
      if (acceptance.type !== 'accepted') continue
      const tenantId = events[index]?.tenantId ?? ''
      if (acceptance.duplicate) duplicates += 1
      else acceptedByTenant.set(tenantId, (acceptedByTenant.get(tenantId) ?? 0) + 1)
    }
    for (const [tenantId, count] of acceptedByTenant) metrics.accepted(tenantId, count)
    if (duplicates > 0) metrics.duplicates(duplicates)
    metrics.batchRan(events.length, secondsSince(start))
    log.debug('micro_batch.settled', { events: events.length, duplicates, duration_ms: performance.now() - start })
    return acceptances
  }
