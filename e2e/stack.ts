import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { eventually } from '@sluice/runtime/testing/eventually'
import pg from 'pg'

const CLI = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))
const execFileAsync = promisify(execFile)

export type PartName = 'postgres' | 'ingest' | 'processor' | 'admin'
type Status = {
  ready: boolean
  database_url: string
  processes: { name: PartName; pid: number | null; port: number; state: string }[]
}

/** The whole platform, started as a user starts it, on free ports and throw-away data. */
export type Stack = {
  ingestUrl: string
  adminUrl: string
  status(): Promise<Status>
  pidOf(name: PartName): Promise<number>
  /** `sluice dev stop|start <name>`, as from another terminal. */
  stopPart(name: PartName): Promise<void>
  startPart(name: PartName): Promise<void>
  /** Rows of one statement, on a connection of its own. */
  sql<Row extends pg.QueryResultRow>(text: string, params?: unknown[]): Promise<Row[]>
}

/** Starts `sluice dev` and waits until every part is ready; stops it and deletes its data when the test is over. */
export async function openStack(t: TestContext, env: Record<string, string> = {}): Promise<Stack> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-e2e-'))
  // The database runs as another account than root and has to pass through.
  chmodSync(dataDir, 0o711)
  const ports = { INGEST_PORT: '0', ADMIN_PORT: '0', PROCESSOR_PORT: '0' }
  const { DATABASE_URL: _, ...inherited } = process.env
  const args = [CLI, 'dev', '--no-dashboard', '--data', join(dataDir, 'data')]
  const supervisor = spawn(process.execPath, args, {
    env: { ...inherited, ...ports, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collectOutput(supervisor)
  t.after(async () => {
    if ((t as { passed?: boolean }).passed === false) t.diagnostic(`the last lines of sluice dev:\n${output()}`)
    if (supervisor.exitCode === null && supervisor.signalCode === null) {
      supervisor.kill('SIGTERM')
      await once(supervisor, 'exit')
    }
    rmSync(dataDir, { recursive: true, force: true })
  })

  const dev = (...verb: string[]) =>
    execFileAsync(process.execPath, [CLI, 'dev', ...verb, '--data', join(dataDir, 'data')], { env: inherited })
  const status = async (): Promise<Status> => {
    // Not ready is exit status 1, with the same answer on standard output.
    const { stdout } = await dev('status', '--json').catch((error: { stdout?: string }) => ({
      stdout: error.stdout ?? '',
    }))
    return JSON.parse(stdout) as Status
  }
  const first = await eventually(
    async () => {
      if (supervisor.exitCode !== null) throw new Error(`sluice dev ended: ${output()}`)
      const now = await status()
      return now.ready && now
    },
    { timeoutMs: 40_000, pauseMs: 200, message: 'the stack being ready' },
  ).catch((error: unknown) => {
    throw new Error(`the stack did not start:\n${output()}`, { cause: error })
  })
  const portOf = (name: PartName) => first.processes.find((part) => part.name === name)?.port

  return {
    ingestUrl: `http://127.0.0.1:${portOf('ingest')}`,
    adminUrl: `http://127.0.0.1:${portOf('admin')}`,
    status,
    async pidOf(name) {
      const part = (await status()).processes.find((process) => process.name === name)
      if (part?.pid == null) throw new Error(`${name} does not run`)
      return part.pid
    },
    stopPart: async (name) => void (await dev('stop', name)),
    startPart: async (name) => void (await dev('start', name)),
    async sql<Row extends pg.QueryResultRow>(text: string, params: unknown[] = []) {
      const client = new pg.Client({ connectionString: first.database_url })
      await client.connect()
      try {
        return (await client.query<Row>(text, params)).rows
      } finally {
        await client.end()
      }
    },
  }
}

/** The last lines that the supervisor and its children wrote, for people. */
function collectOutput({ stdout, stderr }: ChildProcess): () => string {
  const lines: string[] = []
  for (const stream of [stdout, stderr])
    stream?.on('data', (chunk: Buffer) => {
      lines.push(...chunk.toString().split('\n'))
      lines.splice(0, lines.length - 60)
    })
  return () => lines.join('\n')
}
