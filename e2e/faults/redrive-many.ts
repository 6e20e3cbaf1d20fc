import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { RedriveJobBody } from '@sluice/contract/admin-api/redrives'
import { readEntries } from '@sluice/loadgen/verify/read-ledger'
import { eventually } from '@sluice/runtime/testing/eventually'
import { Pool } from 'undici'
import type { Stack } from '../stack.ts'
import { howLong } from './how-long.ts'
import { startTraffic, type Traffic } from './traffic.ts'

/** Those to be repaired are of another tenant than the load, so that each is accounted for by itself. */
export const REPAIRED_TENANT = 'tenant_b'
export const FILTER = { tenant_id: REPAIRED_TENANT, reason: 'MISSING_FIELD', pointer: '/event_type', state: 'open' }
/** Makes each of them valid. */
export const EDIT = [{ op: 'add', path: '/event_type', value: 'order.repaired' }]
/** Shorter than the tests may take, so that what was waited for is said. */
const PATIENCE_MS = howLong({ smoke: 180_000, long: 300_000 })
const SENDERS = 32

/** Sends `count` events without a type, and waits until each is an open dead letter. */
export async function makeDeadLetters(stack: Stack, count: number): Promise<void> {
  const pool = new Pool(stack.ingestUrl, { connections: SENDERS })
  let next = 0
  const sender = async () => {
    while (next < count) {
      const id = `repair-${next++}`
      const body = `{"event_id":"${id}","schema_version":1,"occurred_at":"2026-01-31T12:00:00Z","payload":{"n":1.10}}`
      const headers = { 'content-type': 'application/json', 'x-api-key': 'key_b', 'idempotency-key': id }
      await eventually(
        async () => {
          const answer = await pool.request({ path: '/events', method: 'POST', headers, body })
          await answer.body.dump()
          return answer.statusCode === 202
        },
        { pauseMs: 500, message: `${id} being accepted` },
      )
    }
  }
  try {
    await Promise.all(Array.from({ length: SENDERS }, sender))
  } finally {
    await pool.destroy()
  }
  await eventually(async () => (await statesOf(stack)).open === count, {
    timeoutMs: PATIENCE_MS,
    pauseMs: 250,
    message: `${count} open dead letters`,
  })
}

/** How many of them are in which state, and rows there are of them. By SQL of its own. */
export async function statesOf(stack: Stack): Promise<Record<string, number>> {
  const rows = await stack.sql<{ state: string; n: number }>(
    `SELECT state, count(*)::int AS n FROM dead_letters WHERE tenant_id = $1 GROUP BY state
     UNION ALL SELECT 'rows', count(*)::int FROM events WHERE tenant_id = $1
     UNION ALL SELECT 'keys', count(DISTINCT idempotency_key)::int FROM events WHERE tenant_id = $1
     UNION ALL SELECT 'closings', count(*)::int FROM dead_letter_history WHERE what = 'stored'`,
    [REPAIRED_TENANT],
  )
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
}

type Asked = { status: number; body: Record<string, unknown> }

/** Asks the Admin API, which may be starting again. */
export async function askAdmin(stack: Stack, path: string, body?: object): Promise<Asked> {
  return eventually(
    async () => {
      const response = await fetch(`${stack.adminUrl}${path}`, {
        ...(body === undefined
          ? {}
          : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(60_000),
      })
      const answer = { status: response.status, body: (await response.json()) as Record<string, unknown> }
      return answer.status !== 503 && answer
    },
    { pauseMs: 250, message: `an answer to ${path}` },
  )
}

export const jobOf = async (stack: Stack, id: string): Promise<RedriveJobBody> =>
  (await askAdmin(stack, `/admin/redrives/${id}`)).body as RedriveJobBody

/** Asks for a job over all that the filter matches; the count is the one that the check tells. */
export async function startJob(stack: Stack, ratePerSecond: number, operationId: string = randomUUID()) {
  const checked = await askAdmin(stack, '/admin/dlq/check', { filter: FILTER, edit: EDIT })
  assert.equal(checked.status, 200)
  const body = {
    ...{ operation_id: operationId, filter: FILTER, edit: EDIT, rate_per_second: ratePerSecond },
    confirm_count: checked.body.matched,
  }
  return askAdmin(stack, '/admin/redrives', body)
}

/** Waits until jobs are where `areThere` wants them; every look must add up. */
export const untilJobs = (stack: Stack, ids: readonly string[], areThere: (jobs: RedriveJobBody[]) => boolean) =>
  eventually(
    async () => {
      const jobs = await Promise.all(ids.map((id) => jobOf(stack, id)))
      for (const job of jobs) assert.equal(job.done + job.left_out + job.remaining, job.matched, 'progress adds up')
      assert.ok(areThere(jobs), `they stand at ${JSON.stringify(jobs)}`)
      return jobs
    },
    { timeoutMs: PATIENCE_MS, pauseMs: 250, message: `jobs ${ids.join(' and ')}` },
  )

/** The same for one. */
export const untilJob = async (stack: Stack, id: string, isThere: (job: RedriveJobBody) => boolean) => {
  const [job] = await untilJobs(stack, [id], (jobs) => jobs.every(isThere))
  return job as RedriveJobBody
}

/** What jobs came to together. */
export const sumOf = (jobs: readonly RedriveJobBody[], member: 'done' | 'stored' | 'failed_again') =>
  jobs.reduce((total, job) => total + job[member], 0)

/** Lets traffic of the other tenant flow while `work` is done, and says what its producers waited before and meanwhile. */
export async function whileTrafficFlows(
  t: TestContext,
  stack: Stack,
  ratePerSecond: number,
  work: () => Promise<void>,
): Promise<Traffic> {
  const traffic = startTraffic(t, stack, ['--rps', String(ratePerSecond), '--tenants', 'tenant_a'])
  const stored = () => stack.sql<{ n: number }>(`SELECT count(*)::int AS n FROM events WHERE tenant_id = 'tenant_a'`)
  // Enough for a p99 of its own.
  const enough = async () =>
    eventually(async () => ((await stored())[0]?.n ?? 0) > ratePerSecond * 4, { timeoutMs: 120_000, pauseMs: 250 })
  await Promise.race([enough(), traffic.failed])
  const startMs = Date.now()
  await Promise.race([work(), traffic.failed])
  const [before, meanwhile] = [waitsOf(traffic, 0, startMs), waitsOf(traffic, startMs, Date.now())]
  const figures = [before, meanwhile].map((waits) => `${percentile(waits, 0.5)} and ${percentile(waits, 0.99)} ms`)
  t.diagnostic(
    `${before.length + meanwhile.length} live answers at ${ratePerSecond}/s; p50 and p99 before ${figures[0]}, meanwhile ${figures[1]}`,
  )
  return traffic
}

/** What producers waited for an answer that was sent for between two moments, ascending, in ms. */
function waitsOf({ ledger }: Traffic, fromMs: number, untilMs: number): number[] {
  const sentAt = new Map<string, number>()
  const waits: number[] = []
  for (const { line } of readEntries(ledger)) {
    if (line.kind === 'send') sentAt.set(`${line.seq}/${line.try}`, Date.parse(line.at))
    if (line.kind !== 'answer' || line.status === null) continue
    const at = sentAt.get(`${line.seq}/${line.try}`) ?? Number.NaN
    if (at >= fromMs && at < untilMs) waits.push(line.took_ms)
  }
  return waits.sort((a, b) => a - b)
}

const percentile = (sorted: readonly number[], share: number) =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10
