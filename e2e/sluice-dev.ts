import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { askStatus } from '@sluice/cli/dev/control-client'
import { eventually } from '@sluice/runtime/testing/eventually'
import type { Life } from './life.ts'

const CLI = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))
const execFileAsync = promisify(execFile)

/** A part of `sluice dev`; `postgres` only where it brings the database. */
export type PartName = 'postgres' | 'ingest' | 'ingest-2' | 'processor' | 'admin'

export type DevStatus = {
  ready: boolean
  database_url: string
  processes: { name: PartName; pid: number | null; port: number; operations_port?: number; state: string }[]
}

/** A supervisor of the platform's processes, as a user has one in a terminal, and what another terminal can ask of it. */
export type SluiceDev = {
  /** Where its data are, as `SLUICE_DATA_DIR` names it to other commands. */
  dataDir: string
  /** As of the moment when all was ready. */
  first: DevStatus
  status(): Promise<DevStatus>
  /** `sluice dev stop|start <name>` */
  stopPart(name: PartName): Promise<void>
  startPart(name: PartName): Promise<void>
}

/** Settings of an engine that the one who runs the tests may have exported: a stack has its own. */
const ENGINE_SETTINGS = /^(DATABASE_URL|REDIS_|KAFKA_)/

/** The environment of this process without its engines. */
export const inheritedEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !ENGINE_SETTINGS.test(name)))

/**
 * Starts `sluice dev` on free ports and throw-away data and waits until every part is ready. With `life` it is stopped and its data
 * are deleted; its last lines are said when the test has failed.
 */
export async function openSluiceDev(
  t: Life,
  life: AsyncDisposableStack,
  env: Readonly<Record<string, string>>,
): Promise<SluiceDev> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'))
  // The database runs as another account than root and has to pass through.
  chmodSync(folder, 0o711)
  const dataDir = join(folder, 'data')
  const data = ['--data', dataDir]
  const ports = { INGEST_PORT: '0', ADMIN_PORT: '0', PROCESSOR_PORT: '0' }
  const supervisor = spawn(process.execPath, [CLI, 'dev', '--no-dashboard', ...data], {
    env: { ...inheritedEnv(), ...ports, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collectOutput(supervisor)
  life.defer(async () => {
    if ((t as { passed?: boolean }).passed === false) t.diagnostic(`the last lines of sluice dev:\n${output()}`)
    if (supervisor.exitCode === null && supervisor.signalCode === null) {
      supervisor.kill('SIGTERM')
      await once(supervisor, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  })

  const dev = (...verb: string[]) =>
    execFileAsync(process.execPath, [CLI, 'dev', ...verb, ...data], { env: inheritedEnv() })
  // As `dev status` asks, without a process for each look: tests look often, and a Node that starts takes half a core for a second.
  const look = async (): Promise<DevStatus> => {
    const now = await askStatus(dataDir)
    if (now === null) throw new Error('no supervisor runs')
    return now as DevStatus
  }
  const first = await eventually(
    async () => {
      if (supervisor.exitCode !== null) return 'ended'
      const now = await look()
      return now.ready && now
    },
    // A database is made, and four processes are started: on a busy machine with slow disks more than a minute.
    { timeoutMs: 240_000, pauseMs: 100, message: 'the stack being ready' },
  ).catch((error: unknown) => {
    throw new Error(`the stack did not start:\n${output()}`, { cause: error })
  })
  if (first === 'ended') throw new Error(`sluice dev ended:\n${output()}`)
  return {
    dataDir,
    first,
    // A supervisor that is not scheduled for its 5 s says nothing of the stack.
    status: () => eventually(look, { message: 'the supervisor answering' }),
    stopPart: async (name) => void (await dev('stop', name)),
    startPart: async (name) => void (await dev('start', name)),
  }
}

/** A line that a test which asks all the time would bury everything else under. */
const CHATTER = /"level":"info".*"event":"(request\.answered|ingest\.summary)"/

/** The last lines that the supervisor and its children wrote, for people; without those that only say that all is well. */
function collectOutput({ stdout, stderr }: ChildProcess): () => string {
  const lines: string[] = []
  for (const stream of [stdout, stderr])
    stream?.on('data', (chunk: Buffer) => {
      const fresh = chunk.toString().split('\n')
      lines.push(...fresh.filter((line) => line !== '' && !CHATTER.test(line)))
      lines.splice(0, lines.length - 60)
    })
  return () => lines.join('\n')
}
