import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { OUTCOME_NAMES, type Outcome } from './outcome.ts'
import type { EventClass } from './plan.ts'

/** In milliseconds. Null where nothing was measured. */
export type LatencyFacts = { average: number; p50: number; p95: number; p99: number; max: number } | null

/** `fromSchedule` is what a producer waits; `fromSending` what the server took. They part when one of both is late. */
export type BothLatencies = { fromSchedule: LatencyFacts; fromSending: LatencyFacts }

export type TallyFacts = {
  sent: Record<EventClass, number>
  /** Events that the cap on requests under way kept from being sent. */
  dropped: number
  unanswered: number
  outcomes: Record<Outcome, number>
  latencyByOutcome: Partial<Record<Outcome, BothLatencies>>
  /** Of the 202s alone: a fast 429 must not flatter them. */
  latency: BothLatencies
  /** How much later than planned the generator itself sent. */
  lateness: LatencyFacts
}

/** Counts a run as it goes. Histograms, not lists: its size does not depend on how long the run is. */
export type Tally = {
  sent(eventClass: EventClass, latenessMs: number): void
  finished(outcome: Outcome, latencyMs: { fromSchedule: number; fromSending: number }): void
  dropped(): void
  facts(): TallyFacts
}

type Histograms = { fromSchedule: RecordableHistogram; fromSending: RecordableHistogram }

/** Recorded in whole microseconds with three digits, up to an hour. */
const openHistogram = () => createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 })
const openBoth = (): Histograms => ({ fromSchedule: openHistogram(), fromSending: openHistogram() })
const record = (histogram: RecordableHistogram, ms: number) => histogram.record(Math.max(1, Math.round(ms * 1_000)))

export function createTally(): Tally {
  const sent: Record<EventClass, number> = { good: 0, duplicate: 0, bad: 0 }
  const byOutcome = new Map<Outcome, Histograms>()
  const lateness = openHistogram()
  let dropped = 0

  const countOf = (outcome: Outcome) => byOutcome.get(outcome)?.fromSending.count ?? 0

  return {
    sent(eventClass, latenessMs) {
      sent[eventClass]++
      record(lateness, latenessMs)
    },
    finished(outcome, { fromSchedule, fromSending }) {
      const histograms = byOutcome.get(outcome) ?? openBoth()
      byOutcome.set(outcome, histograms)
      record(histograms.fromSchedule, fromSchedule)
      record(histograms.fromSending, fromSending)
    },
    dropped() {
      dropped++
    },
    facts() {
      const outcomes = Object.fromEntries(OUTCOME_NAMES.map((name) => [name, countOf(name)])) as Record<Outcome, number>
      const answered = OUTCOME_NAMES.reduce((sum, name) => sum + outcomes[name], 0)
      const successes = [byOutcome.get('accepted'), byOutcome.get('duplicate')].filter((held) => held !== undefined)
      return {
        sent: { ...sent },
        dropped,
        unanswered: sent.good + sent.duplicate + sent.bad - answered,
        outcomes,
        latencyByOutcome: Object.fromEntries([...byOutcome].map(([name, held]) => [name, toBoth(held)])),
        latency: toBoth(mergeAll(successes)),
        lateness: toLatency(lateness),
      }
    },
  }
}

function mergeAll(all: readonly Histograms[]): Histograms {
  const merged = openBoth()
  for (const { fromSchedule, fromSending } of all) {
    merged.fromSchedule.add(fromSchedule)
    merged.fromSending.add(fromSending)
  }
  return merged
}

const toBoth = ({ fromSchedule, fromSending }: Histograms): BothLatencies => ({
  fromSchedule: toLatency(fromSchedule),
  fromSending: toLatency(fromSending),
})

function toLatency(histogram: RecordableHistogram): LatencyFacts {
  if (histogram.count === 0) return null
  const toMs = (micros: number) => Math.round(micros) / 1_000
  const [p50, p95, p99] = [50, 95, 99].map((q) => toMs(histogram.percentile(q))) as [number, number, number]
  return { average: toMs(histogram.mean), p50, p95, p99, max: toMs(histogram.max) }
}
