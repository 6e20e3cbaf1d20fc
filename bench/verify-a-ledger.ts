// How long does a verifier take for a million events, and how much memory?
//   node bench/verify-a-ledger.ts [events]
// Fills a throw-away database by the store itself, writes the ledger that a run of these events would have written, and
// times `loadgen verify` against a real admin process; then the deep verifier. Prints one JSON line for each.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { encodeEnvelope } from '@sluice/contract/envelope'
import { judgeEvent } from '@sluice/contract/event'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import { newReceiptId } from '@sluice/contract/identifiers'
import { RAW_TOPIC } from '@sluice/contract/topics'
import type { SettleRecord } from '@sluice/event-store/event-store'
import { createEventStore } from '@sluice/event-store/settle-batch'
import { createContent } from '@sluice/loadgen/events/content'
import { openLedger } from '@sluice/loadgen/ledger/ledger-writer'
import { createPlan, keyPrefixOf, type PlannedEvent } from '@sluice/loadgen/plan'
import { createSchedule } from '@sluice/loadgen/schedule'
import { createSenderOf } from '@sluice/loadgen/tenant-shares'
import { testDatabaseOn } from '@sluice/runtime/testing/test-database'
import { openTestPostgres } from '@sluice/runtime/testing/test-postgres'

const COUNT = Number(process.argv[2] ?? 1_000_000)
const BATCH = 1_000
const RATE = 10_000
const root = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const say = (line: string) => process.stderr.write(`${line}\n`)

const ended: (() => Promise<void>)[] = []
await using postgres = await openTestPostgres()
const database = await testDatabaseOn({ url: postgres.url, stays: false }, { after: (release) => ended.push(release) })
const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
const ledger = join(folder, 'run.ndjson')
try {
  await fill()
  await measure('verify', await startAdmin())
} finally {
  for (const end of ended.toReversed()) await end()
  rmSync(folder, { recursive: true, force: true })
}

async function fill(): Promise<void> {
  const schedule = createSchedule([{ durationMs: (COUNT / RATE) * 1_000, fromRate: RATE, toRate: RATE }])
  const senders = ['tenant_a', 'tenant_b'].map((tenantId) => ({ sender: { tenantId, apiKey: tenantId }, share: 1 }))
  const plan = createPlan({
    seed: 1,
    runId: 'bench',
    datedFromMs: Date.now(),
    schedule,
    senderOf: createSenderOf(senders),
    rates: { duplicate: 0, conflict: 0, bad: 0.02, edge: 0 },
    content: createContent(null, null),
    strict: false,
    hotKeys: null,
    stormEvents: null,
  })
  const store = createEventStore({ pool: database.pool, shard: 0 })
  using writer = openLedger(ledger, {
    run_id: 'bench',
    key_prefix: keyPrefixOf('bench'),
    fresh: true,
    seed: 1,
    url: 'http://127.0.0.1:8080/',
    tenants: ['tenant_a', 'tenant_b'],
    strict: false,
    started_at: new Date().toISOString(),
  })
  const startMs = performance.now()
  for (let from = 0; from < COUNT; from += BATCH) {
    const records: SettleRecord[] = []
    for (let seq = from; seq < Math.min(from + BATCH, COUNT); seq++) {
      const event = plan.at(seq)
      const receiptId = newReceiptId(Date.now())
      writer.sending(event, 1)
      const body = JSON.stringify({
        status: 'accepted',
        duplicate: false,
        receipt_id: receiptId,
        request_id: `r-${seq}`,
      })
      const answer = { type: 'answer', status: 202, body, retryAfter: null, degraded: false } as const
      writer.answered(seq, 1, answer, { fromSchedule: 5, fromSending: 5 })
      records.push(toRecord(event, receiptId, seq))
    }
    await store.settle({ topic: RAW_TOPIC, topicGeneration: 'bench', records })
    if ((from / BATCH) % 100 === 0) say(`${from} events`)
  }
  writer.ended({ interrupted: false, dropped: 0 })
  say(`${COUNT} events stored and written down in ${((performance.now() - startMs) / 1_000).toFixed(0)} s`)
}

function toRecord({ sender, key, body }: PlannedEvent, receiptId: string, offset: number): SettleRecord {
  const head = {
    receiptId,
    tenantId: sender.tenantId,
    idempotencyKey: key,
    fingerprint: fingerprintOf(body),
    requestId: 'request-1',
    receivedAt: new Date().toISOString(),
  }
  const position = { partition: 0, offset: BigInt(offset), original: encodeEnvelope(head, body), redrive: null }
  const judgement = judgeEvent(body)
  return judgement.type === 'valid'
    ? { ...position, type: 'event', head, event: judgement.event }
    : { ...position, ...judgement, head }
}

async function startAdmin(): Promise<string> {
  const child = spawn(process.execPath, [root('packages/admin/src/main.ts')], {
    env: { DATABASE_URL: database.url, ADMIN_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  ended.push(async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const [, port] = /"port":(\d+).*"event":"http\.listening"/.exec(line) ?? []
    if (port === undefined) continue
    child.stdout.resume()
    return `http://127.0.0.1:${port}`
  }
  throw new Error('admin did not start')
}

async function measure(what: string, adminUrl: string): Promise<void> {
  const startMs = performance.now()
  const args = [
    root('packages/loadgen/src/main.ts'),
    'verify',
    ledger,
    '--admin-url',
    adminUrl,
    '--json',
    '--quiet',
    '0s',
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [peak, line, [status]] = await Promise.all([peakOf(child), text(child.stdout), once(child, 'exit')])
  const seconds = Math.round((performance.now() - startMs) / 100) / 10
  process.stdout.write(`${JSON.stringify({ what, events: COUNT, seconds, ...peak, status, ...JSON.parse(line) })}\n`)
}

/** The most memory and the CPU time of a child, as Linux keeps them, read until it ends. */
async function peakOf(child: ChildProcess): Promise<{ peakMb: number; cpuSeconds: number }> {
  let [peakKb, ticks] = [0, 0]
  const look = () => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    peakKb = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? peakKb)
    ticks = Number(stat[11]) + Number(stat[12])
  }
  const timer = setInterval(() => {
    try {
      look()
    } catch {
      clearInterval(timer) // it has ended
    }
  }, 100)
  await once(child, 'exit')
  clearInterval(timer)
  return { peakMb: Math.round(peakKb / 1_024), cpuSeconds: ticks / 100 }
}
