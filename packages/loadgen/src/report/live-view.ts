import { ERROR_OUTCOMES, OUTCOME_NAMES, OUTCOMES } from '../outcome.ts'
import type { Schedule } from '../schedule.ts'
import type { TallyFacts } from '../tally.ts'
import { drawBars } from './latency-bars.ts'
import type { Shown } from './progress.ts'
import { latencyTable } from './report.ts'

export type LiveRun = {
  facts: () => TallyFacts
  elapsedMs: () => number
  schedule: Schedule
}

/** Rates are shown over the last second or so: of less, a single event more or less would shake them. */
const RATE_OVER_MS = 1_000
const BAR_WIDTH = 30

/** What is seen of a run while it goes on. */
export function liveView(run: LiveRun): Shown {
  const rateOf = createRate()
  const { durationMs, count: askedEvents, rateAt } = run.schedule
  return {
    line: () => describeLoad(run.facts(), run.elapsedMs(), durationMs),
    screen() {
      const facts = run.facts()
      const elapsedMs = run.elapsedMs()
      const sent = sentOf(facts)
      const rate = rateOf(elapsedMs, sent)
      const share = Math.min(1, elapsedMs / durationMs)
      const done = Math.floor(share * BAR_WIDTH)
      const outcomes = OUTCOME_NAMES.filter((name) => facts.outcomes[name] > 0).map(
        (name) => `${OUTCOMES[name]} ${facts.outcomes[name]}`,
      )
      return [
        `${'━'.repeat(done)}${'·'.repeat(BAR_WIDTH - done)}  ${clock(elapsedMs)} of ${clock(durationMs)}`,
        `rate ${rate === null ? '–' : rate.toFixed(0)}/s of ${rateAt(elapsedMs).toFixed(0)}/s asked · sent ${sent} of ${askedEvents} · under way ${facts.unanswered}${facts.dropped > 0 ? ` · dropped ${facts.dropped}` : ''}`,
        outcomes.length === 0 ? 'no answer yet' : outcomes.join(' · '),
        '',
        ...latencyTable(facts),
        '',
        ...drawBars(facts.bars),
      ]
    },
  }
}

const sentOf = ({ sent }: TallyFacts) => Object.values(sent).reduce((total, count) => total + count, 0)
const clock = (ms: number) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1_000) % 60).padStart(2, '0')}`

/** The rate since about a second ago; null at the very start. */
function createRate() {
  const seen: { ms: number; sent: number }[] = []
  return (ms: number, sent: number): number | null => {
    seen.push({ ms, sent })
    while (seen.length > 2 && ms - (seen[1]?.ms ?? ms) >= RATE_OVER_MS) seen.shift()
    const oldest = seen[0]
    return oldest === undefined || ms <= oldest.ms ? null : ((sent - oldest.sent) / (ms - oldest.ms)) * 1_000
  }
}

/** A run so far, in one line. */
export function describeLoad(tally: TallyFacts, elapsedMs: number, durationMs: number): string {
  const { accepted, duplicate, rate_limited } = tally.outcomes
  const errors = ERROR_OUTCOMES.reduce((sum, name) => sum + tally.outcomes[name], 0) - tally.refusedAsMeant
  const p95 = tally.latency.fromSchedule?.p95
  return [
    `${Math.floor(elapsedMs / 1_000)}/${Math.ceil(durationMs / 1_000)} s`,
    `sent ${sentOf(tally)}`,
    `accepted ${accepted}`,
    `duplicates ${duplicate}`,
    `429 ${rate_limited}`,
    `errors ${errors}`,
    `waiting ${tally.unanswered}`,
    ...(tally.dropped > 0 ? [`dropped ${tally.dropped}`] : []),
    ...(p95 === undefined ? [] : [`p95 ${p95.toFixed(0)} ms`]),
  ].join('  ')
}
