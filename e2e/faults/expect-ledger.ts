import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Outcome } from '@sluice/loadgen/outcome'
import type { RunFacts } from '@sluice/loadgen/run-facts'
import { openAdminEvidence } from '@sluice/loadgen/verify/admin-evidence'
import type { Evidence } from '@sluice/loadgen/verify/evidence'
import { readEntries } from '@sluice/loadgen/verify/read-ledger'
import { type Verdict, type VerifyOptions, verifyLedger } from '@sluice/loadgen/verify/verify-ledger'
import { exitCodeOf, renderLine, renderTable } from '@sluice/loadgen/verify/verify-report'
import { eventually } from '@sluice/runtime/testing/eventually'
import type { Stack } from '../stack.ts'
import { openDatabase } from './deep/database.ts'
import { createDeepEvidence } from './deep/deep-evidence.ts'
import { openTopicLog } from './deep/open-topic-log.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import { storedEvents } from './under-load.ts'

/** What a run under a fault came to, every number that must be 0 being 0. */
export type Proof = { facts: RunFacts; byAdmin: Verdict; byRows: Verdict }

export type ExpectOptions = {
  /** Flags of `sluice loadgen` besides the usual ones. */
  traffic?: readonly string[]
}

/** A machine at its limit takes ten times as long as an idle one, and more while it comes back from a fault. */
const PATIENCE_MS = 180_000
/** Fewer would prove little of a fault. */
const FEWEST_EVENTS = 50
/**
 * So long the log must be empty and still. Each event was answered for good before, so that what may still come of an append
 * in doubt is a copy of one that is in its place.
 */
const QUIET_MS = 1_000

/**
 * Breaks something while producers send, heals it, lets the load go on until events are stored again, and proves that each
 * accepted event is where it must be: by the Admin API as a user would, and by rows and records, past every process.
 * @param fault returns once it has seen what it was made for, and that is healed
 */
export async function expectLedger(
  t: TestContext,
  stack: Stack,
  fault: (traffic: Traffic) => Promise<void>,
  { traffic: flags = [] }: ExpectOptions = {},
): Promise<Proof> {
  const traffic = startTraffic(t, stack, flags)
  // Told at once when the load itself fails, not only at its end.
  const orFailed = (work: Promise<unknown>) => Promise.race([work, traffic.failed])
  const more = async (beyond: number) =>
    eventually(async () => (await storedEvents(stack)) > beyond, { timeoutMs: PATIENCE_MS, message: 'events stored' })
  await orFailed(more(FEWEST_EVENTS))
  await orFailed(fault(traffic))
  // A database that was killed may need a moment.
  await orFailed(more(await eventually(() => storedEvents(stack), { message: 'the database answering' })))
  return await proveTraffic(t, stack, traffic)
}

/** Ends the traffic, waits until nothing waits in the log, and proves its ledger in both ways. */
export async function proveTraffic(
  t: Pick<TestContext, 'diagnostic'>,
  stack: Pick<Stack, 'adminUrl' | 'engineSettings'>,
  traffic: Traffic,
): Promise<Proof> {
  const facts = await traffic.end()
  assertFinal(facts)
  t.diagnostic(`the slowest answer took ${slowestAnswerMs(traffic.ledger)} ms; ${facts.tally.dropped} not sent`)
  return { facts, ...(await proveLedger(t, stack, traffic.ledger)) }
}

/** What an event may come to in the end: it was taken in, or refused for good. */
const FINAL: ReadonlySet<string> = new Set<Outcome>([
  'accepted',
  'duplicate',
  'unprocessable',
  'unauthenticated',
  'other_4xx',
])

/** Producers that are patient are not left without an answer that stands. */
function assertFinal({ tally: { outcomes, unanswered } }: RunFacts): void {
  const open = Object.entries(outcomes).filter(([name, count]) => count > 0 && !FINAL.has(name))
  assert.deepEqual({ unanswered, ...Object.fromEntries(open) }, { unanswered: 0 })
}

/** Proves a ledger by the Admin API and by rows and records. @throws AssertionError with the table of what is wrong */
export async function proveLedger(
  t: Pick<TestContext, 'diagnostic'>,
  { adminUrl, engineSettings }: Pick<Stack, 'adminUrl' | 'engineSettings'>,
  ledger: string,
  options: Partial<Pick<VerifyOptions, 'noFaults' | 'limitPerMin' | 'quietMs'>> = {},
): Promise<Pick<Proof, 'byAdmin' | 'byRows'>> {
  await using life = new AsyncDisposableStack()
  const prove = async (how: string, evidence: Evidence) => {
    const verdict = await verifyLedger(ledger, evidence, {
      ...{ noFaults: false, limitPerMin: null, timeoutMs: PATIENCE_MS, quietMs: QUIET_MS },
      ...options,
      stopping: new AbortController().signal,
    })
    t.diagnostic(`${how}: ${renderLine(verdict).trimEnd()}`)
    assert.equal(exitCodeOf(verdict), 0, `${how}:\n${renderTable(verdict)}`)
    return verdict
  }
  const byAdmin = await prove(
    'by the Admin API',
    life.use(openAdminEvidence({ adminUrl: new URL(adminUrl), adminToken: null })),
  )
  const database = life.use(openDatabase(engineSettings.DATABASE_URL ?? ''))
  const log = await openTopicLog(life, database, engineSettings)
  return { byAdmin, byRows: await prove('by rows and records', createDeepEvidence(database, log)) }
}

/** Milliseconds that the slowest answer took from its sending, of all that came. */
function slowestAnswerMs(ledger: string): number {
  let slowest = 0
  for (const { line } of readEntries(ledger))
    if (line.kind === 'answer' && line.status !== null) slowest = Math.max(slowest, line.took_ms)
  return Math.round(slowest)
}
