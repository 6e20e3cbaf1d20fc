import { randomBytes, randomInt } from 'node:crypto'
import type { LoadOptions } from './args.ts'
import { ANSWER_TIMEOUT_MS, createEventClient } from './client.ts'
import { createContent } from './events/content.ts'
import type { EventTemplate } from './events/event-body.ts'
import type { RunLine } from './ledger/ledger-line.ts'
import type { LedgerWriter } from './ledger/ledger-writer.ts'
import { createPlan, keyPrefixOf } from './plan.ts'
import type { RunFacts } from './run-facts.ts'
import { runLoad } from './run-load.ts'
import { createSchedule, type Schedule } from './schedule.ts'
import { createTally, type TallyFacts } from './tally.ts'
import { createSenderOf } from './tenant-shares.ts'

/** A run that is laid down and not yet begun. */
export type LaidRun = {
  seed: number
  tenants: readonly string[]
  schedule: Schedule
  /** The first line of its ledger. */
  runLine: Omit<RunLine, 'kind' | 'version'>
  facts(): TallyFacts
  /** Milliseconds since the sending began; 0 before. */
  elapsedMs(): number
  /** Sends all of it and resolves once every event has come to its end. Once only. */
  send(parts: SendParts): Promise<RunFacts>
}

export type SendParts = {
  ledger: LedgerWriter | null
  /** Breaks the run off: what is under way gets a moment more. */
  stopping: AbortSignal
  /** No further event is sent; those under way come to their end, their retries included. */
  closing?: AbortSignal
}

/** Where nothing is left to chance, neither is the date: the same bytes again. */
const FIXED_DATE_MS = Date.UTC(2026, 0, 1)

/** Lays down the run that a command line asks for: what is left to chance is drawn now. Opens nothing. */
export function layDownRun(options: LoadOptions, corpus: readonly EventTemplate[] | null): LaidRun {
  const seed = options.seed ?? randomInt(2 ** 32)
  const startedAtMs = Date.now()
  const runId = options.runId ?? `${startedAtMs.toString(36)}${randomBytes(2).toString('hex')}`
  const { url, scenario, maxInFlight, patienceMs } = options
  const schedule = createSchedule(options.stretches)
  const plan = createPlan({
    ...options,
    seed,
    runId,
    datedFromMs: options.runId === null ? startedAtMs : FIXED_DATE_MS,
    schedule,
    senderOf: createSenderOf(options.shares),
    content: createContent(corpus, options.payloadBytes),
  })
  const tally = createTally()
  const tenants = options.shares.map(({ sender }) => sender.tenantId)
  const startedAt = new Date(startedAtMs).toISOString()
  const monotonicMs = () => performance.now()
  let startMs: number | null = null
  const elapsedMs = () => (startMs === null ? 0 : monotonicMs() - startMs)

  return {
    seed,
    tenants,
    schedule,
    elapsedMs,
    facts: () => tally.facts(),
    runLine: {
      run_id: runId,
      key_prefix: keyPrefixOf(runId),
      fresh: options.runId === null,
      seed,
      url: url.href,
      tenants,
      strict: options.strict,
      started_at: startedAt,
    },
    async send({ ledger, stopping, closing }) {
      await using client = createEventClient({ url, connections: maxInFlight, timeoutMs: ANSWER_TIMEOUT_MS })
      await client.warmUp()
      startMs = monotonicMs()
      const { sendingMs } = await runLoad({
        ...{ schedule, plan, client, tally, ledger, maxInFlight, patienceMs, stopping, monotonicMs },
        ...(closing === undefined ? {} : { closing }),
      })
      const facts: RunFacts = {
        url: url.href,
        runId,
        scenario,
        seed,
        startedAt,
        tenants,
        ledger: options.ledger,
        askedRatePerSecond: (schedule.count / schedule.durationMs) * 1_000,
        askedMs: schedule.durationMs,
        askedEvents: schedule.count,
        sendingMs,
        elapsedMs: elapsedMs(),
        interrupted: stopping.aborted,
        tally: tally.facts(),
      }
      ledger?.ended({ interrupted: facts.interrupted, dropped: facts.tally.dropped })
      return facts
    },
  }
}
