import { ERROR_OUTCOMES, OUTCOME_NAMES, OUTCOMES, type Outcome } from '../outcome.ts'
import { EVENT_CLASSES } from '../plan.ts'
import { type RunFacts, round, summarize, warningsOf } from '../run-facts.ts'
import type { BothLatencies, LatencyFacts, TallyFacts } from '../tally.ts'
import type { ThresholdResult } from '../threshold.ts'
import { drawBars } from './latency-bars.ts'

const toWire = (both: BothLatencies) => ({ from_schedule: both.fromSchedule, from_sending: both.fromSending })
const wireOf = (by: Readonly<Record<string, BothLatencies>>) =>
  Object.fromEntries(Object.entries(by).map(([name, both]) => [name, toWire(both)]))

/** The report as one JSON document. Rates are per second, latencies in milliseconds, shares 0 to 1, null where unknown. */
export function renderJson(facts: RunFacts, thresholds: readonly ThresholdResult[] = []): string {
  const { tally } = facts
  const summary = summarize(facts)
  const document = {
    url: facts.url,
    run_id: facts.runId,
    scenario: facts.scenario,
    seed: facts.seed,
    tenants: facts.tenants,
    ledger: facts.ledger,
    started_at: facts.startedAt,
    elapsed_seconds: round(facts.elapsedMs / 1_000, 3),
    interrupted: facts.interrupted,
    asked_rate: round(facts.askedRatePerSecond, 3),
    achieved_rate: round(summary.achievedRatePerSecond, 3),
    asked_events: facts.askedEvents,
    sent: summary.sent,
    sent_by_class: tally.sent,
    dropped: tally.dropped,
    unanswered: tally.unanswered,
    success_rate: summary.successRate === null ? null : round(summary.successRate, 6),
    outcomes: tally.outcomes,
    refused_as_meant: tally.refusedAsMeant,
    sent_again: tally.sentAgain,
    other_errors: summary.otherErrors,
    latency_ms: toWire(tally.latency),
    latency_histogram_ms: tally.bars.map(({ upToMs, count }) => ({
      up_to: Number.isFinite(upToMs) ? upToMs : null,
      count,
    })),
    latency_ms_by_outcome: wireOf(tally.latencyByOutcome),
    by_tenant: Object.fromEntries(
      Object.entries(tally.byTenant).map(([id, { sent, outcomes, latency }]) => [
        id,
        { sent, outcomes, latency_ms: toWire(latency) },
      ]),
    ),
    lateness_ms: tally.lateness,
    generator_was_late: summary.late,
    thresholds,
    warnings: warningsOf(facts, thresholds),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** The report for people: aligned text, without colour. */
export function renderText(facts: RunFacts, thresholds: readonly ThresholdResult[] = []): string {
  const { tally } = facts
  const summary = summarize(facts)
  const percent = summary.successRate === null ? 'unknown' : `${(summary.successRate * 100).toFixed(2)} %`
  const classes = EVENT_CLASSES.filter((name) => name === 'good' || tally.sent[name] > 0)
  const rows: [string, string][] = [
    ['to', `${facts.url} as ${facts.tenants.join(', ')}`],
    ['run', `${facts.runId}, seed ${facts.seed}${facts.scenario === null ? '' : `, scenario ${facts.scenario}`}`],
    ['elapsed', `${(facts.elapsedMs / 1_000).toFixed(1)} s`],
    ['rate', `${summary.achievedRatePerSecond.toFixed(1)}/s of ${round(facts.askedRatePerSecond, 1)}/s asked`],
    ['sent', `${summary.sent} of ${facts.askedEvents} (${classes.map((n) => `${tally.sent[n]} ${n}`).join(', ')})`],
    ['dropped', String(tally.dropped)],
    ['unanswered', String(tally.unanswered)],
    ['success rate', percent],
    ['accepted', String(tally.outcomes.accepted)],
    ['duplicates', String(tally.outcomes.duplicate)],
    ['429', String(tally.outcomes.rate_limited)],
    ['other errors', `${summary.otherErrors}${summary.otherErrors > 0 ? listed(ERROR_OUTCOMES, tally.outcomes) : ''}`],
  ]
  if (tally.refusedAsMeant > 0) rows.push(['made to be refused', String(tally.refusedAsMeant)])
  const again = listed(OUTCOME_NAMES, tally.sentAgain)
  if (again !== '') rows.push(['sent again', again.trim()])
  if (facts.ledger !== null) rows.push(['ledger', facts.ledger])
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}${value}`)
  const notes = [
    ...thresholds.filter(({ held }) => held).map(({ text }) => `✔ ${text}`),
    ...warningsOf(facts, thresholds).map((warning) => `! ${warning}`),
  ]
  const bars = drawBars(tally.bars)
  const parts = [lines, latencyTable(tally), bars.length > 0 ? ['202s by latency from schedule', ...bars] : [], notes]
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n')}\n`
}

function listed(names: readonly Outcome[], counts: Partial<Record<Outcome, number>>): string {
  const parts = names.filter((name) => (counts[name] ?? 0) > 0).map((name) => `${OUTCOMES[name]}: ${counts[name]}`)
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

/** The longest name of an outcome and what stands behind it. */
const NAME_WIDTH = 48
const COLUMNS = ['average', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max'] as const
const cellOf = (latency: LatencyFacts, column: (typeof COLUMNS)[number]) =>
  formatMs(latency?.[column === 'p99.9' ? 'p99_9' : column] ?? null)

/** One line for each kind of latency; of every tenant when there are several. */
export function latencyTable(tally: TallyFacts): string[] {
  const line = (cells: readonly string[]) =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(NAME_WIDTH) : cell.padStart(10))).join('')
  const row = (name: string, latency: LatencyFacts) => line([name, ...COLUMNS.map((at) => cellOf(latency, at))])
  const others = OUTCOME_NAMES.filter((name) => name !== 'accepted' && name !== 'duplicate').flatMap((name) => {
    const both = tally.latencyByOutcome[name]
    return both === undefined ? [] : [row(`${OUTCOMES[name]}, from schedule`, both.fromSchedule)]
  })
  const tenants = Object.entries(tally.byTenant)
  return [
    line(['latency', ...COLUMNS]),
    row('202, from schedule (what one waits)', tally.latency.fromSchedule),
    row('202, from sending (what ingest took)', tally.latency.fromSending),
    ...(tenants.length > 1
      ? tenants.map(([id, { sent, latency }]) => row(`  ${id} (${sent} sent)`, latency.fromSchedule))
      : []),
    ...others,
    row('own lateness', tally.lateness),
  ]
}

const formatMs = (ms: number | null) => (ms === null ? '–' : `${ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`)
