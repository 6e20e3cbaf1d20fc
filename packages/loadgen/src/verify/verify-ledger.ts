import { setTimeout as delay } from 'node:timers/promises'
import { type Account, readAccount } from './account.ts'
import { createPlaceComparison } from './compare-places.ts'
import { FLAG } from './event-columns.ts'
import { type Evidence, EvidenceError } from './evidence.ts'
import { findMissing, type UnknownCounts } from './find-missing.ts'
import { createFindings, type Findings } from './findings.ts'
import { readRunLine } from './read-ledger.ts'

export type VerifyOptions = {
  noFaults: boolean
  /** How long the log may take to be empty and still. */
  timeoutMs: number
  /** How long it must be still: an append that nobody got an answer to may come for 4 s. */
  quietMs: number
  limitPerMin: number | null
  /** Ends the waiting. */
  stopping: AbortSignal
}

export type EventCounts = { requests: number; events: number; accepted: number; refused: number; unknown: number }

export type Verdict = {
  runId: string
  options: Pick<VerifyOptions, 'noFaults' | 'limitPerMin'>
  counts: EventCounts
  findings: Findings
  unknown: UnknownCounts
  /** From the intended send, in ms; null without any 202. */
  latencyMs: { p50: number; p95: number; p99: number } | null
  /** From the end of the run until nothing waited; null: something still did at the timeout. */
  recoverySeconds: number | null
  /** Numbers that could not be known, with the reason: they are not proved to be 0. */
  unproved: Partial<Record<'unbalanced', string>>
  /** Whether the platform has compared its sum with the rows since: it does so every few minutes. */
  balanceCompared: boolean
  /** What only one way of looking reports. */
  further: Record<string, number>
}

const POLL_MS = 200

/**
 * Proves, or disproves, that everything a ledger says was accepted is where it must be, once, as it was sent.
 * @throws {LedgerError} the ledger cannot be read
 * @throws {EvidenceError} the platform cannot be asked: nothing is proved
 */
export async function verifyLedger(file: string, evidence: Evidence, options: VerifyOptions): Promise<Verdict> {
  readRunLine(file) // a file that is no ledger is told of before anybody waits
  const findings = createFindings()
  const account = readAccount(file, options, findings)
  const recoverySeconds = await waitUntilStill(evidence, account.endedAt, options)
  const compare = createPlaceComparison(account, findings)
  for await (const page of evidence.places(account)) for (const place of page) compare(place)
  const unknown = await findMissing(account, evidence, findings)
  const { unproved, balanceCompared } = await checkBalance(evidence, account, findings)
  const further = (await evidence.lookFurther?.(account, findings)) ?? {}
  return {
    runId: account.run.run_id,
    options,
    counts: countEvents(account),
    findings,
    unknown,
    latencyMs: latencyOf(account),
    recoverySeconds,
    unproved,
    balanceCompared,
    further,
  }
}

/** @returns seconds from the run's end until nothing waited any more; null when something did at the timeout */
async function waitUntilStill(
  evidence: Evidence,
  endedAt: Date | null,
  { timeoutMs, quietMs, stopping }: VerifyOptions,
): Promise<number | null> {
  const startMs = Date.now()
  const fromMs = Math.min(endedAt?.getTime() ?? startMs, startMs)
  let mark: string | null = null
  // What nobody has sent to since then has been still since then.
  let stillSinceMs = fromMs
  for (;;) {
    const waiting = await evidence.waiting()
    const nowMs = Date.now()
    if (waiting.total !== 0 || (mark !== null && waiting.mark !== mark)) stillSinceMs = nowMs
    mark = waiting.mark
    if (waiting.total === 0 && nowMs - stillSinceMs >= quietMs) return (stillSinceMs - fromMs) / 1_000
    if (nowMs - startMs >= timeoutMs) {
      if (waiting.total === null) throw new EvidenceError('nobody can say what waits in the log')
      return null
    }
    await delay(POLL_MS, undefined, { signal: stopping })
  }
}

async function checkBalance(
  evidence: Evidence,
  account: Account,
  findings: Findings,
): Promise<Pick<Verdict, 'unproved' | 'balanceCompared'>> {
  const balance = await evidence.balance(account)
  const unknown = (unbalanced: string) => ({ unproved: { unbalanced }, balanceCompared: false })
  if (balance === null) return unknown('the Admin API has no balance')
  const { gap, compared } = balance
  if (gap === null) return unknown(balance.why ?? 'nobody can say whether the sum closes')
  const why = balance.why ?? `the platform's own sum does not close: gap ${gap}`
  findings.addMany('unbalanced', Math.abs(gap), why)
  return { unproved: {}, balanceCompared: compared }
}

function countEvents({ events, requests }: Account): EventCounts {
  const counts = { requests, events: events.count, accepted: 0, refused: 0, unknown: 0 }
  for (let index = 0; index < events.count; index++)
    if (events.has(index, FLAG.accepted)) counts.accepted++
    else if (events.has(index, FLAG.unknown)) counts.unknown++
    else counts.refused++
  return counts
}

function latencyOf({ latency }: Account): Verdict['latencyMs'] {
  if (latency.count === 0) return null
  const at = (percent: number) => latency.percentile(percent) / 1_000
  return { p50: at(50), p95: at(95), p99: at(99) }
}
