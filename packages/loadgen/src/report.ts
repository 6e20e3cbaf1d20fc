import { ERROR_OUTCOMES, OUTCOME_NAMES, OUTCOMES, type Outcome } from './outcome.ts'
import type { BothLatencies, LatencyFacts, TallyFacts } from './tally.ts'

export type RunFacts = {
  url: string
  runId: string
  seed: number
  startedAt: string
  tenants: readonly string[]
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

/** Beyond this the generator's own delay shows in its figures. */
const LATE_MS = 10

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const round = (value: number, digits: number) => Number(value.toFixed(digits))

function summarize(facts: RunFacts) {
  const { tally } = facts
  const sent = sum(Object.values(tally.sent))
  const { accepted, duplicate } = tally.outcomes
  const finished = sent - tally.unanswered
  // A run cut short is measured over the time it had; else over the time asked for, unless sending took longer than that.
  const sendingMs = facts.interrupted ? facts.sendingMs : Math.max(facts.sendingMs, facts.askedMs)
  return {
    sent,
    successRate: finished === 0 ? null : (accepted + duplicate) / finished,
    otherErrors: sum(ERROR_OUTCOMES.map((name) => tally.outcomes[name])),
    achievedRatePerSecond: sendingMs === 0 ? 0 : (sent / sendingMs) * 1_000,
    late: tally.lateness !== null && tally.lateness.p99 > LATE_MS,
  }
}

/** What a person should know before believing the figures. */
function warningsOf(facts: RunFacts): string[] {
  const { tally, interrupted } = facts
  const { late } = summarize(facts)
  const warnings: string[] = []
  if (interrupted) warnings.push('Interrupted: the figures are those of the part that ran.')
  if (late)
    warnings.push(
      `The generator itself sent late (p99 ${formatMs(tally.lateness?.p99 ?? 0)}): latencies from schedule are partly its own. Use a lower --rps or a quieter machine.`,
    )
  if (tally.dropped > 0)
    warnings.push(`${tally.dropped} events were not sent: --max-in-flight requests were already unanswered.`)
  if (tally.outcomes.rate_limited > 0)
    warnings.push(
      'Some events were over the limit of their tenant (RATE_LIMIT_PER_MIN): lower --rps or use more tenants.',
    )
  if (tally.outcomes.unauthenticated > 0) warnings.push('API keys were refused: give those of this ingest with --keys.')
  return warnings
}

const toWire = (both: BothLatencies) => ({ from_schedule: both.fromSchedule, from_sending: both.fromSending })

/** The report as one JSON document. Rates are per second, latencies in milliseconds, shares 0 to 1, null where unknown. */
export function renderJson(facts: RunFacts): string {
  const { tally } = facts
  const summary = summarize(facts)
  const document = {
    url: facts.url,
    run_id: facts.runId,
    seed: facts.seed,
    tenants: facts.tenants,
    started_at: facts.startedAt,
    elapsed_seconds: round(facts.elapsedMs / 1_000, 3),
    interrupted: facts.interrupted,
    asked_rate: facts.askedRatePerSecond,
    achieved_rate: round(summary.achievedRatePerSecond, 3),
    asked_events: facts.askedEvents,
    sent: summary.sent,
    sent_by_class: tally.sent,
    dropped: tally.dropped,
    unanswered: tally.unanswered,
    success_rate: summary.successRate === null ? null : round(summary.successRate, 6),
    outcomes: tally.outcomes,
    other_errors: summary.otherErrors,
    latency_ms: toWire(tally.latency),
    latency_ms_by_outcome: Object.fromEntries(
      Object.entries(tally.latencyByOutcome).map(([name, both]) => [name, toWire(both)]),
    ),
    lateness_ms: tally.lateness,
    generator_was_late: summary.late,
    warnings: warningsOf(facts),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** The report for people: aligned text, without colour. */
export function renderText(facts: RunFacts): string {
  const { tally } = facts
  const summary = summarize(facts)
  const { good, duplicate, bad } = tally.sent
  const percent = summary.successRate === null ? 'unknown' : `${(summary.successRate * 100).toFixed(2)} %`
  const rows: [string, string][] = [
    ['to', `${facts.url} as ${facts.tenants.join(', ')}`],
    ['run', `${facts.runId}, seed ${facts.seed}`],
    ['elapsed', `${(facts.elapsedMs / 1_000).toFixed(1)} s`],
    ['rate', `${summary.achievedRatePerSecond.toFixed(1)}/s of ${facts.askedRatePerSecond}/s asked`],
    ['sent', `${summary.sent} of ${facts.askedEvents} (${good} good, ${duplicate} duplicate, ${bad} bad)`],
    ['dropped', String(tally.dropped)],
    ['unanswered', String(tally.unanswered)],
    ['success rate', percent],
    ['accepted', String(tally.outcomes.accepted)],
    ['duplicates', String(tally.outcomes.duplicate)],
    ['429', String(tally.outcomes.rate_limited)],
    ['other errors', `${summary.otherErrors}${describeErrors(tally.outcomes)}`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}${value}`)
  const warnings = warningsOf(facts).map((warning) => `! ${warning}`)
  return `${[...lines, '', ...latencyTable(tally), ...(warnings.length > 0 ? ['', ...warnings] : [])].join('\n')}\n`
}

function describeErrors(outcomes: Record<Outcome, number>): string {
  const parts = ERROR_OUTCOMES.filter((name) => outcomes[name] > 0).map(
    (name) => `${OUTCOMES[name]}: ${outcomes[name]}`,
  )
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

function latencyTable(tally: TallyFacts): string[] {
  const line = (cells: readonly string[]) =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(40) : cell.padStart(11))).join('')
  const row = (name: string, latency: LatencyFacts) =>
    line([name, ...(['average', 'p50', 'p95', 'p99', 'max'] as const).map((at) => formatMs(latency?.[at] ?? null))])
  const others = OUTCOME_NAMES.filter((name) => name !== 'accepted' && name !== 'duplicate').flatMap((name) => {
    const both = tally.latencyByOutcome[name]
    return both === undefined ? [] : [row(`${OUTCOMES[name]}, from schedule`, both.fromSchedule)]
  })
  return [
    line(['latency', 'average', 'p50', 'p95', 'p99', 'max']),
    row('202, from schedule (what one waits)', tally.latency.fromSchedule),
    row('202, from sending (what ingest took)', tally.latency.fromSending),
    ...others,
    row('own lateness', tally.lateness),
  ]
}

const formatMs = (ms: number | null) => (ms === null ? '–' : `${ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`)
