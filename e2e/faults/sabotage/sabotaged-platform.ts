import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openAdminEvidence } from '@sluice/loadgen/verify/admin-evidence'
import type { Evidence } from '@sluice/loadgen/verify/evidence'
import { verifyLedger } from '@sluice/loadgen/verify/verify-ledger'
import { exitCodeOf, renderLine, renderTable } from '@sluice/loadgen/verify/verify-report'
import { eventually } from '@sluice/runtime/testing/eventually'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { openDatabase } from '../deep/database.ts'
import { createDeepEvidence } from '../deep/deep-evidence.ts'
import { createPostgresTopicLog } from '../deep/topic-log.ts'

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const PACKAGES = '../../../packages'
const LOADGEN = fileOf(`${PACKAGES}/loadgen/src/main.ts`)
const DEEP_VERIFY = fileOf('../deep-verify.ts')

/** Entry points to start in place of the real ones, by their file in this folder. */
export type Sabotage = { ingest?: string; processor?: string; env?: Record<string, string> }

/** What a verification came to; `numbers` is its JSON line. */
export type Verified = { status: number; numbers: Record<string, number | null>; table: string }

export type VerifyFlags = { noFaults?: boolean; limitPerMin?: number }

/** Ingest, processor and admin on a database of this test alone, one of them broken. */
export type Platform = {
  sql: Awaited<ReturnType<typeof testDatabase>>['sql']
  databaseUrl: string
  /** The ledger that `load` writes and `verify` reads. */
  ledger: string
  /** Sends a run; what it is made of are flags of `sluice loadgen`. */
  load(...flags: string[]): Promise<void>
  /** By the Admin API, as a user would. */
  verify(flags?: VerifyFlags): Promise<Verified>
  /** By rows and records. */
  deepVerify(flags?: VerifyFlags): Promise<Verified>
  /** `deep-verify.ts` as a command: its exit status and what it printed. */
  deepVerifyCommand(...args: string[]): Promise<Ended>
  /** Ends the processor: from then on nobody mends what a test breaks. */
  stopProcessor(): Promise<void>
  /** Starts the processor again once it has been killed. */
  restartKilledProcessor(): Promise<void>
}

export async function openPlatform(t: TestContext, sabotage: Sabotage = {}): Promise<Platform> {
  const database = await testDatabase(t)
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sabotage-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const env = {
    PATH: process.env.PATH ?? '',
    DATABASE_URL: database.url,
    API_KEYS: 'tenant_a:key_a,tenant_b:key_b',
    RATE_LIMIT_PER_MIN: '1000000',
    INGEST_PORT: '0',
    ADMIN_PORT: '0',
    PROCESSOR_PORT: '0',
    SABOTAGE_KILL_FILE: join(folder, 'killed'),
    ...sabotage.env,
  }
  const start = (entry: string | undefined, name: string) =>
    startPart(t, entry === undefined ? fileOf(`${PACKAGES}/${name}/src/main.ts`) : fileOf(`./${entry}.ts`), env)
  const [ingest, processor, admin] = await Promise.all([
    start(sabotage.ingest, 'ingest'),
    start(sabotage.processor, 'processor'),
    start(undefined, 'admin'),
  ])
  const ledger = join(folder, 'run.ndjson')

  return {
    sql: database.sql,
    databaseUrl: database.url,
    ledger,
    async load(...flags) {
      const args = ['--url', ingest.url, '--seed', '7', '--ledger', ledger, '--json', ...flags]
      const { status, stderr } = await run(LOADGEN, args, env)
      if (status !== 0) throw new Error(`the load ended with ${status}: ${stderr}`)
    },
    async verify(flags) {
      await using evidence = openAdminEvidence({ adminUrl: new URL(admin.url), adminToken: null })
      return await verifyWith(evidence, ledger, flags)
    },
    async deepVerify(flags) {
      await using rows = openDatabase(database.url)
      return await verifyWith(createDeepEvidence(rows, createPostgresTopicLog(rows)), ledger, flags)
    },
    deepVerifyCommand: (...args) => run(DEEP_VERIFY, args, env),
    async stopProcessor() {
      processor.child.kill('SIGTERM')
      await once(processor.child, 'exit')
    },
    async restartKilledProcessor() {
      if (processor.child.exitCode === null && processor.child.signalCode === null) await once(processor.child, 'exit')
      if (processor.child.signalCode !== 'SIGKILL')
        throw new Error(`the processor ended by itself: ${processor.output()}`)
      await start(sabotage.processor, 'processor')
    },
  }
}

type Part = { child: ChildProcess; url: string; output: () => string }

/** Starts an entry point on a free port; ready when it resolves. Ends with the test. */
async function startPart(t: TestContext, entry: string, env: Record<string, string>): Promise<Part> {
  const child = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  const lines: string[] = []
  const heard = Promise.withResolvers<number>()
  const hear = (line: string) => {
    lines.push(line)
    const [, port] = /"port":(\d+).*"event":"http\.listening"/.exec(line) ?? []
    if (port !== undefined) heard.resolve(Number(port))
  }
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', hear)
  const output = () => lines.slice(-30).join('\n')
  child.once('exit', (code, signal) => heard.reject(new Error(`${entry} ended (${code ?? signal}): ${output()}`)))
  const url = `http://127.0.0.1:${await heard.promise}`
  await eventually(async () => (await fetch(`${url}/readyz`)).status === 200, {
    pauseMs: 50,
    message: `${entry} being ready`,
  })
  return { child, url, output }
}

export type Ended = { status: number; stdout: string; stderr: string }

function run(script: string, args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { env, maxBuffer: 64 * 1_048_576 }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

/** Nothing hangs here: an append in doubt comes at once or never. */
const QUIET_MS = 1_000

async function verifyWith(
  evidence: Evidence,
  ledger: string,
  { noFaults = false, limitPerMin = null }: { noFaults?: boolean; limitPerMin?: number | null } = {},
): Promise<Verified> {
  const stopping = new AbortController().signal
  const options = { noFaults, limitPerMin, timeoutMs: 60_000, quietMs: QUIET_MS, stopping }
  const verdict = await verifyLedger(ledger, evidence, options)
  return { status: exitCodeOf(verdict), numbers: JSON.parse(renderLine(verdict)), table: renderTable(verdict) }
}
