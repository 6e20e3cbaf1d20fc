import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { OUTCOME_NAMES, type Outcome } from './outcome.ts'
import { EVENT_CLASSES, type EventClass } from './plan.ts'
import { createLatencyBars, type LatencyBar } from './report/latency-bars.ts'

/** In milliseconds. Null where nothing was measured. */
export type LatencyFacts = {
  average: number
  p50: number
  p90: number
  p95: number
  p99: number
  p99_9: number
  max: number
} | null

/** `fromSchedule` is what a producer waits; `fromSending` what the server took. They part when one of both is late. */
export type BothLatencies = { fromSchedule: LatencyFacts; fromSending: LatencyFacts }

export type TenantFacts = { sent: number; outcomes: Record<Outcome, number>; latency: BothLatencies }

export type TallyFacts = {
  sent: Record<EventClass, number>
  /** Events that the cap on requests under way kept from being sent. */
  dropped: number
  unanswered: number
  /** What each event came to in the end. */
  outcomes: Record<Outcome, number>
  /** Of `outcomes`: refusals of events that were made to be refused. */
  refusedAsMeant: number
  /** Answers after which the same event was sent again. */
  sentAgain: Partial<Record<Outcome, number>>
  latencyByOutcome: Partial<Record<Outcome, BothLatencies>>
  /** Of the 202s alone: a fast 429 must not flatter them. */
  latency: BothLatencies
  /** The 202s by their latency from schedule. */
  bars: readonly LatencyBar[]
  byTenant: Readonly<Record<string, TenantFacts>>
  /** How much later than planned the generator itself sent. */
  lateness: LatencyFacts
}

/** Counts a run as it goes. Histograms, not lists: its size does not depend on how long the run is. */
export type Tally = {
  sent(event: { class: EventClass; tenantId: string }, latenessMs: number): void
  /** What an event came to; its latencies count from when it was due, and from its last sending. */
  finished(tenantId: string, outcome: Outcome, latencyMs: { fromSchedule: number; fromSending: number }): void
  /** One of the finished was made to be refused, and was. */
  refusedAsMeant(): void
  sentAgain(outcome: Outcome): void
  dropped(): void
  facts(): TallyFacts
}

type Histograms = { fromSchedule: RecordableHistogram; fromSending: RecordableHistogram }
type TenantTally = { sent: number; byOutcome: Map<Outcome, Histograms> }

/** Recorded in whole microseconds with three digits, up to an hour. */
const openHistogram = () => createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 })
const openBoth = (): Histograms => ({ fromSchedule: openHistogram(), fromSending: openHistogram() })
const record = (histogram: RecordableHistogram, ms: number) => histogram.record(Math.max(1, Math.round(ms * 1_000)))
const isSuccess = (outcome: Outcome) => outcome === 'accepted' || outcome === 'duplicate'

export function createTally(): Tally {
  const sent = Object.fromEntries(EVENT_CLASSES.map((name) => [name, 0])) as Record<EventClass, number>
  const tenants = new Map<string, TenantTally>()
  const again: Partial<Record<Outcome, number>> = {}
  const bars = createLatencyBars()
  const lateness = openHistogram()
  let dropped = 0
  let refusedAsMeant = 0

  const tenantOf = (tenantId: string): TenantTally => {
    const known = tenants.get(tenantId)
    if (known !== undefined) return known
    const made = { sent: 0, byOutcome: new Map() }
    tenants.set(tenantId, made)
    return made
  }

  return {
    sent(event, latenessMs) {
      sent[event.class]++
      tenantOf(event.tenantId).sent++
      record(lateness, latenessMs)
    },
    finished(tenantId, outcome, { fromSchedule, fromSending }) {
      const { byOutcome } = tenantOf(tenantId)
      const histograms = byOutcome.get(outcome) ?? openBoth()
      byOutcome.set(outcome, histograms)
      record(histograms.fromSchedule, fromSchedule)
      record(histograms.fromSending, fromSending)
      if (isSuccess(outcome)) bars.add(fromSchedule)
    },
    refusedAsMeant() {
      refusedAsMeant++
    },
    sentAgain(outcome) {
      again[outcome] = (again[outcome] ?? 0) + 1
    },
    dropped() {
      dropped++
    },
    facts() {
      const all = [...tenants.values()]
      const byOutcome = mergeOutcomes(all)
      const outcomes = countOutcomes(byOutcome)
      const answered = OUTCOME_NAMES.reduce((sum, name) => sum + outcomes[name], 0)
      return {
        sent: { ...sent },
        dropped,
        unanswered: all.reduce((sum, tenant) => sum + tenant.sent, 0) - answered,
        outcomes,
        refusedAsMeant,
        sentAgain: { ...again },
        latencyByOutcome: Object.fromEntries([...byOutcome].map(([name, held]) => [name, toBoth(held)])),
        latency: latencyOf(byOutcome),
        bars: bars.facts(),
        byTenant: Object.fromEntries(
          [...tenants].map(([id, tenant]) => [
            id,
            { sent: tenant.sent, outcomes: countOutcomes(tenant.byOutcome), latency: latencyOf(tenant.byOutcome) },
          ]),
        ),
        lateness: toLatency(lateness),
      }
    },
  }
}

function mergeOutcomes(tenants: readonly TenantTally[]): Map<Outcome, Histograms> {
  const [only] = tenants
  if (tenants.length === 1 && only !== undefined) return only.byOutcome
  const names = OUTCOME_NAMES.filter((name) => tenants.some(({ byOutcome }) => byOutcome.has(name)))
  return new Map(
    names.map((name) => [name, mergeAll(tenants.flatMap(({ byOutcome }) => byOutcome.get(name) ?? []))] as const),
  )
}

const countOutcomes = (byOutcome: ReadonlyMap<Outcome, Histograms>) =>
  Object.fromEntries(OUTCOME_NAMES.map((name) => [name, byOutcome.get(name)?.fromSending.count ?? 0])) as Record<
    Outcome,
    number
  >

const latencyOf = (byOutcome: ReadonlyMap<Outcome, Histograms>): BothLatencies =>
  toBoth(mergeAll(OUTCOME_NAMES.filter(isSuccess).flatMap((name) => byOutcome.get(name) ?? [])))

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
  const at = (percent: number) => toMs(histogram.percentile(percent))
  return {
    average: toMs(histogram.mean),
    p50: at(50),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    p99_9: at(99.9),
    max: toMs(histogram.max),
  }
}
