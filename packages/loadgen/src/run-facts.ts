import { ERROR_OUTCOMES } from './outcome.ts'
import type { TallyFacts } from './tally.ts'
import type { Measured, ThresholdResult } from './threshold.ts'

export type RunFacts = {
  url: string
  runId: string
  scenario: string | null
  seed: number
  startedAt: string
  tenants: readonly string[]
  ledger: string | null
  /** Averaged over the run: a ramp or a spike asks for more and less. */
  askedRatePerSecond: number
  /** How long the run was meant to last; its events come from rate and duration. */
  askedMs: number
  askedEvents: number
  /** Until the last event was sent, and until its answer. */
  sendingMs: number
  elapsedMs: number
  interrupted: boolean
  tally: TallyFacts
}

export type RunSummary = {
  sent: number
  /** 202s among the answered events that were not made to be refused; null when there were none. */
  successRate: number | null
  /** Neither taken in, nor held back by the limit, nor made to be refused. */
  otherErrors: number
  achievedRatePerSecond: number
  /** Whether the generator's own delay shows in its figures. */
  late: boolean
}

/** Beyond this the generator's own delay shows in its figures. */
const LATE_MS = 10

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

export function summarize(facts: RunFacts): RunSummary {
  const { tally } = facts
  const sent = sum(Object.values(tally.sent))
  const { accepted, duplicate } = tally.outcomes
  const finished = sent - tally.unanswered - tally.refusedAsMeant
  // A run cut short is measured over the time it had; else over the time asked for, unless sending took longer than that.
  const sendingMs = facts.interrupted ? facts.sendingMs : Math.max(facts.sendingMs, facts.askedMs)
  return {
    sent,
    successRate: finished === 0 ? null : (accepted + duplicate) / finished,
    otherErrors: sum(ERROR_OUTCOMES.map((name) => tally.outcomes[name])) - tally.refusedAsMeant,
    achievedRatePerSecond: sendingMs === 0 ? 0 : (sent / sendingMs) * 1_000,
    late: tally.lateness !== null && tally.lateness.p99 > LATE_MS,
  }
}

/** What thresholds are compared with. */
export function measuredOf(facts: RunFacts): Measured {
  const { tally } = facts
  const { fromSchedule, fromSending } = tally.latency
  const summary = summarize(facts)
  const finished = summary.sent - tally.unanswered
  return {
    avg: fromSchedule?.average ?? null,
    p50: fromSchedule?.p50 ?? null,
    p90: fromSchedule?.p90 ?? null,
    p95: fromSchedule?.p95 ?? null,
    p99: fromSchedule?.p99 ?? null,
    'p99.9': fromSchedule?.p99_9 ?? null,
    max: fromSchedule?.max ?? null,
    sending_p50: fromSending?.p50 ?? null,
    sending_p95: fromSending?.p95 ?? null,
    sending_p99: fromSending?.p99 ?? null,
    success: summary.successRate,
    errors: finished === 0 ? null : summary.otherErrors / finished,
    dropped: tally.dropped,
    rate: summary.achievedRatePerSecond / facts.askedRatePerSecond,
  }
}

/** What a person should know before believing the figures. */
export function warningsOf(facts: RunFacts, thresholds: readonly ThresholdResult[]): string[] {
  const { tally, interrupted } = facts
  const { late } = summarize(facts)
  const warnings: string[] = []
  if (interrupted) warnings.push('Interrupted: the figures are those of the part that ran.')
  if (late)
    warnings.push(
      `The generator itself sent late (p99 ${tally.lateness?.p99.toFixed(1)} ms): latencies from schedule are partly its own. Use a lower --rps or a quieter machine.`,
    )
  if (tally.dropped > 0)
    warnings.push(`${tally.dropped} events were not sent: --max-in-flight requests were already unanswered.`)
  if (tally.outcomes.rate_limited > 0)
    warnings.push(
      'Some events were over the limit of their tenant (RATE_LIMIT_PER_MIN): lower --rps or use more tenants.',
    )
  if (tally.outcomes.unauthenticated > tally.sent['bad-at-edge'])
    warnings.push('API keys were refused: give those of this ingest with --keys.')
  for (const { text, measured, held } of thresholds)
    if (!held) warnings.push(`Threshold missed: ${text} (${measured === null ? 'not measured' : round(measured, 4)}).`)
  return warnings
}

export const round = (value: number, digits: number) => Number(value.toFixed(digits))
