import { ERROR_OUTCOMES } from './outcome.ts'
import type { TallyFacts } from './tally.ts'

/** Where progress goes: stderr, or a double of it. */
export type ProgressStream = { write(text: string): unknown; isTTY?: boolean; columns?: number }

/** A line that goes along a run. Disposing takes the live line away again. */
export type Progress = Disposable & {
  /** Shows a sentence of its own, the live line being redrawn below it. */
  say(sentence: string): void
}

/** A person watches a terminal; a log wants few lines. */
const EVERY_MS = { terminal: 250, log: 5_000 }

/** Draws `describe()` again and again: over itself on a terminal, as a new line every few seconds elsewhere. */
export function startProgress(stream: ProgressStream, describe: () => string): Progress {
  const live = stream.isTTY === true
  const clear = () => void (live && stream.write('\r\u001b[2K'))
  const draw = () => {
    const line = describe()
    if (live) stream.write(`\r\u001b[2K${line.slice(0, Math.max(10, (stream.columns ?? 80) - 1))}`)
    else stream.write(`${line}\n`)
  }
  const timer = setInterval(draw, live ? EVERY_MS.terminal : EVERY_MS.log)
  timer.unref()

  return {
    say(sentence) {
      clear()
      stream.write(`${sentence}\n`)
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      clear()
    },
  }
}

/** The line of a load run. */
export function describeLoad(tally: TallyFacts, elapsedMs: number, durationMs: number): string {
  const { good, duplicate, bad } = tally.sent
  const { accepted, duplicate: duplicates, rate_limited } = tally.outcomes
  const errors = ERROR_OUTCOMES.reduce((sum, name) => sum + tally.outcomes[name], 0)
  const p95 = tally.latency.fromSchedule?.p95
  return [
    `${Math.floor(elapsedMs / 1_000)}/${Math.ceil(durationMs / 1_000)} s`,
    `sent ${good + duplicate + bad}`,
    `accepted ${accepted}`,
    `duplicates ${duplicates}`,
    `429 ${rate_limited}`,
    `errors ${errors}`,
    `waiting ${tally.unanswered}`,
    ...(tally.dropped > 0 ? [`dropped ${tally.dropped}`] : []),
    ...(p95 === undefined ? [] : [`p95 ${p95.toFixed(0)} ms`]),
  ].join('  ')
}
