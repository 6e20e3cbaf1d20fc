import type { Clock } from '@sluice/runtime/clock'
import type { Metrics } from '@sluice/runtime/metrics'
import type { Settled } from './settle-records.ts'

/** In seconds: from an idle platform to one that was stopped over night. */
const END_TO_END_BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 3_600, 43_200]

export type ProcessorMetrics = {
  settled(settled: readonly Settled[], seconds: number): void
  retried(code: string): void
  deleted(rows: Readonly<Record<string, number>>): void
  swept(deadLetters: number): void
  /** Records settled since the last call, by outcome; empty when there were none. */
  takeSummary(): Record<string, number>
}

/** How many records became what. */
export function countOutcomes(settled: readonly Settled[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { outcome } of settled) counts[outcome.type] = (counts[outcome.type] ?? 0) + 1
  return counts
}

/** Counted once per batch. */
export function createProcessorMetrics(metrics: Metrics, clock: Pick<Clock, 'now'>): ProcessorMetrics {
  const records = metrics.counter({
    name: 'sluice_processor_records_total',
    help: 'Records settled by outcome; records read again count again',
    labelNames: ['outcome'],
  })
  const deadLetters = metrics.counter({
    name: 'sluice_processor_dead_letters_total',
    help: 'New dead letters by reason',
    labelNames: ['reason'],
  })
  const retries = metrics.counter({
    name: 'sluice_processor_retries_total',
    help: 'Tries of a batch that failed, by code',
    labelNames: ['code'],
  })
  const batchRecords = metrics.histogram({
    name: 'sluice_processor_batch_records',
    help: 'Records in a batch',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
  })
  const batchSeconds = metrics.histogram({
    name: 'sluice_processor_batch_seconds',
    help: 'From judging a batch to its commit',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
  })
  const endToEnd = metrics.histogram({
    name: 'sluice_end_to_end_seconds',
    help: 'From acceptance to the row, of events stored for the first time; by the clocks of ingest and processor',
    buckets: END_TO_END_BUCKETS,
  })
  const deletedRows = metrics.counter({
    name: 'sluice_retention_deleted_rows_total',
    help: 'Rows deleted because of their age, by table',
    labelNames: ['table'],
  })
  const sweptLetters = metrics.counter({
    name: 'sluice_processor_dead_letters_swept_total',
    help: 'Open dead letters closed because their event has a row',
  })
  let summary: Record<string, number> = {}
  return {
    settled(settled, seconds) {
      for (const [outcome, count] of Object.entries(countOutcomes(settled))) {
        records.inc({ outcome }, count)
        summary[outcome] = (summary[outcome] ?? 0) + count
      }
      const nowMs = clock.now()
      for (const { record, outcome } of settled)
        if (record.type === 'event' && outcome.type === 'stored')
          endToEnd.observe(Math.max(0, nowMs - Date.parse(record.head.receivedAt)) / 1_000)
      for (const { outcome } of settled)
        if (outcome.type === 'dead_letter' && outcome.new) deadLetters.inc({ reason: outcome.reason })
      batchRecords.observe(settled.length)
      batchSeconds.observe(seconds)
    },
    retried: (code) => retries.inc({ code }),
    deleted(rows) {
      for (const [table, count] of Object.entries(rows)) deletedRows.inc({ table }, count)
    },
    swept: (deadLetters) => sweptLetters.inc(deadLetters),
    takeSummary() {
      const taken = summary
      summary = {}
      return taken
    },
  }
}
