import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { delay } from '@sluice/runtime/backoff'
import { eventually } from '@sluice/runtime/testing/eventually'
import { type Engine, EngineError } from './engine.ts'
import { openKeeper } from './keeper.ts'
import { processStart } from './process-start.ts'
import { processTree, signalAll, stillRunning } from './process-tree.ts'

/** How one engine is started. */
export type EngineProgram = {
  name: string
  /** The account it runs as; ours when absent. Its folder belongs to it. */
  ids?: { uid: number; gid: number }
  /** Writes into the empty folder what the engine needs before its first start. */
  prepare(folder: string): Promise<void> | void
  command(folder: string): { program: string; args: readonly string[] }
  /** Whether it answers its own protocol: an open port alone is no sign. */
  isReady(): Promise<boolean>
  /** Removes from the folder what a killed process left in the way of the next start. */
  clearRemains?(folder: string): void
  /** The signal that asks it to leave in order. */
  stopSignal: NodeJS.Signals
  /** The signal that ends it at once, for when its data are thrown away. */
  endSignal: NodeJS.Signals
  startTimeoutMs: number
  /** How long it may take to leave in order; 15 s unless given. */
  stopTimeoutMs?: number
}

const STOP_LIMIT_MS = 15_000
/** After SIGKILL the system has only to clear up, which may take a busy one its time. */
const KILL_LIMIT_MS = 120_000
const LOG_LINES = 30

/** Opens an engine: a new folder, a keeper over it, and the first start. What was opened is gone again when that fails. */
export async function openEngine(program: EngineProgram): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), `sluice-engine-${program.name}-`))
  chmodSync(folder, 0o755)
  if (program.ids !== undefined) chownSync(folder, program.ids.uid, program.ids.gid)
  const engine = createEngine(program, folder)
  try {
    await program.prepare(folder)
    await engine.start()
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
  return engine
}

function createEngine(program: EngineProgram, folder: string): Engine {
  const keeper = openKeeper(folder, program.endSignal)
  const logFile = join(folder, 'engine.log')
  const pidFile = join(folder, 'engine.pid')
  let child: ChildProcess | null = null
  let exited: Promise<void> = Promise.resolve()
  let disposed = false

  const lastLines = () => readFileSync(logFile, 'utf8').trim().split('\n').slice(-LOG_LINES).join('\n')
  const tree = async () => (child?.pid === undefined ? [] : processTree(child.pid))

  /** Resolves when none of `pids` is left: a killed postmaster leaves backends for a moment, which hold its shared memory. */
  async function gone(pids: readonly number[], timeoutMs: number): Promise<void> {
    const seen = new AbortController()
    await Promise.race([exited, delay(timeoutMs, seen.signal)])
    seen.abort()
    await eventually(async () => (await stillRunning(pids)).length === 0, {
      timeoutMs,
      message: `${program.name} being gone`,
    })
    rmSync(pidFile, { force: true })
  }

  async function leave(signal: NodeJS.Signals): Promise<void> {
    if (child?.pid === undefined) return
    const pids = await tree()
    // A stopped one would not hear the request.
    signalAll(pids, 'SIGCONT')
    signalAll([child.pid], signal)
    await gone(pids, program.stopTimeoutMs ?? STOP_LIMIT_MS).catch(() => engine.kill())
  }

  const engine: Engine = {
    name: program.name,
    folder,
    get pid() {
      return child?.pid ?? null
    },
    lastLines,
    async kill() {
      const pids = await tree()
      signalAll(pids, 'SIGKILL')
      await gone(pids, KILL_LIMIT_MS)
    },
    async stall() {
      signalAll(await tree(), 'SIGSTOP')
    },
    async resume() {
      signalAll(await tree(), 'SIGCONT')
    },
    async start() {
      if (child !== null) throw new EngineError(`${program.name} runs already`)
      program.clearRemains?.(folder)
      child = launch(program, folder, { logFile, pidFile })
      exited = new Promise((resolve) => {
        const end = () => {
          child = null
          resolve()
        }
        child?.on('exit', end).on('error', end)
      })
      await eventually(async () => child === null || (await program.isReady()), {
        timeoutMs: program.startTimeoutMs,
        message: `${program.name} answering`,
      }).catch((cause: unknown) => {
        throw new EngineError(`${program.name} does not answer:\n${lastLines()}`, { cause })
      })
      if (child === null) throw new EngineError(`${program.name} ended at once:\n${lastLines()}`)
    },
    stop: () => leave(program.stopSignal),
    async [Symbol.asyncDispose]() {
      if (disposed) return
      disposed = true
      await leave(program.endSignal)
      await keeper.finish()
    },
  }
  return engine
}

/** In a process group of its own: Ctrl-C in a terminal reaches the owner, who stops the engine in order. */
function launch(
  program: EngineProgram,
  folder: string,
  { logFile, pidFile }: { logFile: string; pidFile: string },
): ChildProcess {
  const { program: file, args } = program.command(folder)
  const log = openSync(logFile, 'a')
  const child = spawn(file, args, { cwd: folder, detached: true, stdio: ['ignore', log, log], ...program.ids })
  closeSync(log)
  child.unref()
  if (child.pid !== undefined) {
    // With its start time, so that the keeper tells it from a later process that got the same pid.
    writeFileSync(pidFile, `${child.pid}\n${processStart(child.pid)}\n`)
  }
  return child
}
