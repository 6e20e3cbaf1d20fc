import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import type { TestContext } from 'node:test'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import { delay } from '@sluice/runtime/backoff'
import { eventually } from '@sluice/runtime/testing/eventually'
import { Pool } from 'undici'
import { readLag } from '../lag.ts'
import { eventText } from '../send.ts'
import type { Stack } from '../stack.ts'

type Kind = 'good' | 'bad' | 'duplicate'
/** What one try was answered. `status` null: the connection broke or nothing came in time, and the outcome is unknown. */
export type Try = { atMs: number; tookMs: number; status: number | null; degraded: boolean }
/** One logical event, and what its tries were answered. */
export type Entry = { key: string; kind: Kind; body: string; accepted: boolean; receipts: Set<string>; tries: Try[] }

type Settled = { key: string; fingerprint: string; receipt: string }

/** What a run found; every number but `sent` and `accepted` must be 0. */
export type Account = {
  sent: number
  accepted: number
  lost: number
  double: number
  both: number
  wrongPlace: number
  ghost: number
  /** Receipts given out that name neither a row nor a dead letter. */
  receiptLost: number
  /** Settled under another fingerprint than that of the bytes sent. */
  altered: number
}

const RETRIED = new Set([408, 409, 429, 503])
/** What is not answered for good goes again for two minutes: longer than any outage that these tests make. */
const MAX_TRIES = 120
const RETRY_MS = 1_000
/** As many as a producer's pool would hold; what finds none free waits, so that an outage does not end in a storm of retries. */
const CONNECTIONS = 64

/**
 * Sends events at a fixed rate until told to stop, each with its own key, 5 % of them bad and 5 % sent twice. What is not
 * answered for good is sent again with the same key and bytes, as a producer would. Ends with `t` at the latest.
 * @returns what was sent and answered
 * @throws when `t` ends first
 */
export async function runLoad(
  t: Pick<TestContext, 'signal'>,
  { ingestUrl }: Stack,
  ratePerSecond: number,
  until: AbortSignal,
): Promise<Entry[]> {
  const run = randomInt(1e9).toString(36)
  const entries: Entry[] = []
  const underWay: Promise<void>[] = []
  const pool = new Pool(ingestUrl, { connections: CONNECTIONS, headersTimeout: 10_000, bodyTimeout: 10_000 })
  try {
    const start = performance.now()
    for (let number = 0; !until.aborted && !t.signal.aborted; number += 1) {
      const kind: Kind = number % 20 === 3 ? 'bad' : number % 20 === 11 ? 'duplicate' : 'good'
      const id = `${run}-${number}`
      const body = kind === 'bad' ? `{"event_id":"${id}","payload":{}}` : eventText(id)
      const entry: Entry = { key: `k-${id}`, kind, body, accepted: false, receipts: new Set(), tries: [] }
      entries.push(entry)
      const tries = kind === 'duplicate' ? 2 : 1
      for (let copy = 0; copy < tries; copy += 1) underWay.push(sendUntilAnswered(pool, entry, t.signal))
      const earlyMs = start + ((number + 1) * 1000) / ratePerSecond - performance.now()
      if (earlyMs > 0) await delay(earlyMs)
    }
    await Promise.all(underWay)
    t.signal.throwIfAborted()
    return entries
  } finally {
    await pool.destroy()
  }
}

async function sendUntilAnswered(pool: Pool, entry: Entry, giveUp: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES && !giveUp.aborted; attempt += 1) {
    const { status } = await tryOnce(pool, entry)
    if (status === 202) return
    if (status !== null && !RETRIED.has(status)) throw new Error(`${entry.key} was answered ${status}`)
    await delay(RETRY_MS, giveUp)
  }
}

async function tryOnce(pool: Pool, entry: Entry): Promise<Try> {
  const atMs = performance.now()
  const outcome: Try = { atMs, tookMs: 0, status: null, degraded: false }
  try {
    const headers = { 'content-type': 'application/json', 'x-api-key': 'key_a', 'idempotency-key': entry.key }
    const response = await pool.request({ path: '/events', method: 'POST', headers, body: entry.body })
    const answer = (await response.body.json()) as { receipt_id?: string }
    outcome.status = response.statusCode
    outcome.degraded = response.headers['sluice-degraded'] !== undefined
    if (outcome.status === 202) {
      entry.accepted = true
      entry.receipts.add(answer.receipt_id ?? '')
    }
  } catch {
    // Unknown, as `status` says: the same goes again.
  }
  outcome.tookMs = performance.now() - atMs
  entry.tries.push(outcome)
  return outcome
}

/**
 * Waits until nothing waits any more, takes account, says it, and demands that all was accepted and that each is in exactly one
 * place, the right one: no valid event became a dead letter because something was away.
 */
export async function assertAccounted(
  t: Pick<TestContext, 'diagnostic'>,
  stack: Stack,
  entries: readonly Entry[],
): Promise<void> {
  await eventually(async () => (await readLag(stack)).total_lag === 0, {
    timeoutMs: 60_000,
    pauseMs: 100,
    message: 'the log being empty',
  })
  const account = await takeAccount(stack, entries)
  t.diagnostic(JSON.stringify(account))
  const { sent, accepted, ...mustBeZero } = account
  assert.equal(accepted, sent, `${accepted} of ${sent} accepted`)
  assert.deepEqual(mustBeZero, { lost: 0, double: 0, both: 0, wrongPlace: 0, ghost: 0, receiptLost: 0, altered: 0 })
}

/**
 * Says how long after `since`, when the engine was back, rows came again.
 * @returns milliseconds
 */
export async function measureDraining(
  t: Pick<TestContext, 'diagnostic'>,
  stack: Stack,
  since: number,
): Promise<number> {
  const stored = async () => Number((await stack.sql<{ n: string }>('SELECT count(*) AS n FROM events'))[0]?.n)
  const before = await stored()
  await eventually(async () => (await stored()) > before, { timeoutMs: 60_000, message: 'rows coming again' })
  const tookMs = Math.round(performance.now() - since)
  t.diagnostic(`rows came again ${tookMs} ms after the engine was back`)
  return tookMs
}

/** Compares what was accepted with what the tables hold of the load's tenant, by SQL of its own. */
export async function takeAccount(stack: Stack, entries: readonly Entry[]): Promise<Account> {
  const columns = "idempotency_key AS key, encode(fingerprint, 'hex') AS fingerprint"
  const rows = await stack.sql<Settled>(`SELECT ${columns}, id AS receipt FROM events WHERE tenant_id = 'tenant_a'`)
  const letters = await stack.sql<Settled>(
    `SELECT ${columns}, receipt_id AS receipt FROM dead_letters WHERE tenant_id = 'tenant_a' AND state = 'open'`,
  )
  const aliases = await stack.sql<{ receipt: string }>('SELECT receipt_id AS receipt FROM receipt_aliases')
  const stored = countByKey(rows)
  const dead = countByKey(letters)
  const receipts = new Set([...rows, ...letters, ...aliases].map(({ receipt }) => receipt))
  const fingerprints = new Map(entries.map(({ key, body }) => [key, fingerprintOf(Buffer.from(body))]))
  const known = new Set(entries.map(({ key }) => key))
  const of = (entry: Entry) => ({ stored: stored.get(entry.key) ?? 0, dead: dead.get(entry.key) ?? 0 })
  const count = (matches: (entry: Entry) => boolean) => entries.filter(matches).length
  return {
    sent: entries.length,
    accepted: count(({ accepted }) => accepted),
    lost: count((entry) => entry.accepted && of(entry).stored + of(entry).dead === 0),
    double: count((entry) => of(entry).stored > 1 || of(entry).dead > 1),
    both: count((entry) => of(entry).stored > 0 && of(entry).dead > 0),
    wrongPlace: count((entry) => (entry.kind === 'bad' ? of(entry).stored > 0 : of(entry).dead > 0)),
    ghost: [...stored.keys(), ...dead.keys()].filter((key) => !known.has(key)).length,
    receiptLost: entries.flatMap((entry) => [...entry.receipts]).filter((receipt) => !receipts.has(receipt)).length,
    altered: [...rows, ...letters].filter(({ key, fingerprint }) => fingerprint !== fingerprints.get(key)).length,
  }
}

function countByKey(rows: readonly { key: string }[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { key } of rows) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}
