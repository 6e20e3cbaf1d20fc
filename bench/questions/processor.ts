import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeEnvelope } from '@sluice/contract/envelope'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import { newReceiptId } from '@sluice/contract/identifiers'
import { RAW_TOPIC } from '@sluice/contract/topics'
import type { EventLog } from '@sluice/event-log'
import { parseEventLogConfig } from '@sluice/event-log/config'
import { openEventLog } from '@sluice/event-log/open'
import { readEnv } from '@sluice/runtime/env'
import { eventually } from '@sluice/runtime/testing/eventually'
import pg from 'pg'
import { watchCpu } from '../cpu.ts'
import { type Engines, launch, openEngines, type StackKind, sql } from '../engines.ts'
import type { Bench, Measure, OpenQuestion, Subject } from '../question.ts'
import { SILENT } from '../silent.ts'

const RECORDS_AN_APPEND = 500

/** What judging, rollups, balance, positions and exactly-once cost over COPY of the same rows into the same table. */
export const openProcessorQuestion: OpenQuestion = async (bench) => {
  const subjects: Subject[] = []
  for (const kind of ['full', 'embedded'] as const) subjects.push(await processorOn(bench, kind))
  return {
    name: 'processor',
    asks: `events a second from a backlog of ${bench.backlog.toLocaleString('en')}, one processor`,
    subjects: [await copyOfRows(bench), ...subjects],
  }
}

/** Rows that a processor stored, written to a file once, and read from it into an empty table each round. */
async function copyOfRows(bench: Bench): Promise<Subject> {
  const engines = await openEngines(bench.life, 'embedded')
  await using log = await openLog(engines.settings)
  await fill(log, bench.backlog)
  await drain(engines, engines.settings, bench.backlog)
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-copy-'))
  // PostgreSQL's own account writes and reads the file.
  chmodSync(folder, 0o777)
  bench.life.defer(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'events')
  // Indexes and their checks are the same; the row of its position, which a foreign key would ask for, comes along.
  await sql(engines.databaseUrl, `COPY settled_offsets TO '${file}.offsets'`)
  await sql(engines.databaseUrl, `COPY events TO '${file}'`)
  return {
    name: 'COPY of the same rows',
    async measure() {
      const url = await engines.newDatabase()
      await sql(url, `COPY settled_offsets FROM '${file}.offsets'`)
      const cpu = watchCpu(engines.pids)
      const begin = performance.now()
      await sql(url, `COPY events FROM '${file}'`)
      const seconds = (performance.now() - begin) / 1_000
      return { perSecond: bench.backlog / seconds, cpuMicros: cpu(bench.backlog) }
    },
  }
}

async function processorOn(bench: Bench, kind: StackKind): Promise<Subject> {
  return {
    name: `processor, ${kind}`,
    // Engines anew each round, so that every round finds tables and topics of the same size.
    async measure() {
      await using life = new AsyncDisposableStack()
      const engines = await openEngines(life, kind)
      const log = life.use(await openLog(engines.settings))
      await fill(log, bench.backlog)
      return await drain(engines, engines.settings, bench.backlog)
    },
  }
}

export async function openLog(settings: Record<string, string>): Promise<EventLog> {
  const log = await openEventLog(parseEventLogConfig(readEnv(settings)), { log: SILENT })
  await log.ready()
  return log
}

export async function fill(log: EventLog, count: number): Promise<void> {
  for (let first = 0; first < count; first += RECORDS_AN_APPEND) {
    const records = Array.from({ length: Math.min(RECORDS_AN_APPEND, count - first) }, (_, nth) =>
      recordOf(first + nth),
    )
    for (const outcome of await log.append(RAW_TOPIC, records))
      if (outcome.type !== 'done') throw new Error(`filling the log: an append ended as ${outcome.type}`)
  }
}

function recordOf(number: number) {
  const body = Buffer.from(
    `{"event_id":"bench-${number}","event_type":"order.created","schema_version":1,"occurred_at":"2026-01-31T12:00:00Z","payload":{"order":${number},"total":42.5,"items":[{"sku":"A-1","count":2}],"note":"left at the door"}}`,
  )
  const receiptId = newReceiptId(Date.now())
  const head = {
    receiptId,
    tenantId: `tenant_${number % 5}`,
    idempotencyKey: `bench-${number}`,
    fingerprint: fingerprintOf(body),
    requestId: receiptId,
    receivedAt: new Date().toISOString(),
  }
  return { key: null, value: encodeEnvelope(head, body), headers: {} }
}

/** Starts a processor and times it from the first rows that are seen to the last; its start is not what is asked for. */
export async function drain(engines: Engines, settings: Record<string, string>, count: number): Promise<Measure> {
  await using processor = await launch('processor', settings)
  // One connection for all looks: opening one costs PostgreSQL 8 ms, which would be a third of what is measured.
  await using life = new AsyncDisposableStack()
  const looks = new pg.Client({ connectionString: engines.databaseUrl })
  await looks.connect()
  life.defer(() => looks.end())
  const settled = async () => {
    const { rows } = await looks.query<{ n: string }>('SELECT coalesce(sum(stored), 0) AS n FROM settled_offsets')
    return Number(rows[0]?.n)
  }
  const limits = { timeoutMs: 120_000, pauseMs: 20 }
  const first = await eventually(async () => (await settled()) || null, { ...limits, message: 'the first rows' })
  const begin = performance.now()
  const cpu = watchCpu({ processor: processor.pid, postgres: engines.pids.postgres ?? 0 })
  await eventually(async () => (await settled()) >= count, { ...limits, message: `${count} rows` })
  const seconds = (performance.now() - begin) / 1_000
  return { perSecond: (count - first) / seconds, cpuMicros: cpu(count - first) }
}
