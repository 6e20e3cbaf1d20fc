import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from '@sluice/runtime/testing/eventually'
import { askStatus } from '../control-client.ts'
import type { PartStatus } from '../part.ts'
import type { StackStatus } from '../status.ts'

/** A supervisor in a process of its own, ended with the test. */
export interface StartedStack {
  readonly pid: number
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves to the exit status, null after a signal. */
  readonly exited: Promise<number | null>
  signal(signal: NodeJS.Signals): void
  untilReady(): Promise<StackStatus>
  /** The part as the supervisor tells it now. */
  part(name: string): Promise<PartStatus & { pid: number; port: number }>
}

/** Address at which nobody listens: the stack then starts no database of its own, and the fixture parts need none. */
const NO_DATABASE = 'postgres://nobody@127.0.0.1:1/none'

/** A folder for one stack, gone with the test. Readable for all, because PostgreSQL's own user must reach it. */
export function testDataDir(t: TestContext): string {
  const home = mkdtempSync(path.join(tmpdir(), 'sluice-cli-'))
  chmodSync(home, 0o755)
  const dir = path.join(home, 'data')
  t.after(() => rmSync(path.dirname(dir), { recursive: true, force: true }))
  return dir
}

type StackOptions = {
  dataDir: string
  flags?: readonly string[]
  withDatabase?: boolean
  env?: Record<string, string>
}

export function startStack(t: TestContext, options: StackOptions): StartedStack {
  const { dataDir, flags = [], withDatabase = false, env = {} } = options
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('fixture-stack.ts', import.meta.url)), dataDir, ...flags],
    {
      env: {
        PATH: process.env.PATH,
        ...(withDatabase ? {} : { DATABASE_URL: NO_DATABASE }),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  // All that it said has been read by then, which at its `exit` it may not have been.
  const exited = once(child, 'close').then(([code]) => code as number | null)
  t.after(() => end(child, exited))
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  const statusNow = async () => {
    const status = await askStatus(dataDir)
    if (status === null) throw new Error(`no answer yet: ${stderr()}`)
    return status
  }
  return {
    pid: child.pid ?? 0,
    stdout,
    stderr,
    exited,
    signal: (signal) => void child.kill(signal),
    async untilReady() {
      const isReady = async () => {
        const status = await statusNow()
        return status.ready && stdout().includes('Sluice is ready') ? status : null
      }
      const ended = exited.then((code) => {
        throw new Error(`the supervisor ended with ${code}: ${stderr()}`)
      })
      return Promise.race([eventually(isReady, { message: 'the stack being ready' }), ended])
    },
    async part(name) {
      const found = (await statusNow()).processes.find((part) => part.name === name)
      if (found?.pid == null || found.port === null) throw new Error(`${name} has no process`)
      return { ...found, pid: found.pid, port: found.port }
    },
  }
}

/** In order, so that no database stays behind; by force when that fails. */
async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000)
  await exited
  clearTimeout(limit)
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}
