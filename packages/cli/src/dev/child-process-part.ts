import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import type { Env } from '@sluice/runtime/env'
import type { PartOutput } from './output.ts'
import type { LaunchedPart, PartDriver } from './part.ts'
import type { PartExit } from './part-state.ts'

export type ChildProcessPartOptions = {
  name: string
  /** Absolute path of its `main.ts`. */
  entry: string
  args: readonly string[]
  nodeFlags: readonly string[]
  cwd: string
  env: () => Env
  port: () => number
  /** Null unless it shares `port`. */
  operationsPort: () => number | null
  /** Answers 200 while the part can do its work. */
  readyUrl: () => string
  output: PartOutput
}

/** A process ends itself 15 s after it was asked to (reliability.md 7); 2 s more are for that end. */
const LEAVE_LIMIT_MS = 17_000

/** reliability.md 7: a probe has 1 s. */
const PROBE_LIMIT_MS = 1_000

/**
 * A part that is a Node process of ours. It gets a process group of its own, so that the terminal's Ctrl-C reaches only the supervisor, and an IPC channel
 * that says nothing: it leaves when the channel closes, that is also when the supervisor was killed.
 */
export function createChildProcessPart(options: ChildProcessPartOptions): PartDriver {
  return {
    name: options.name,
    get port() {
      return options.port()
    },
    get operationsPort() {
      return options.operationsPort()
    },
    async launch() {
      const child = spawn(process.execPath, [...options.nodeFlags, options.entry, ...options.args], {
        cwd: options.cwd,
        env: options.env(),
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      })
      const exited = exitOf(child)
      if (child.stdout !== null) options.output.attach(options.name, child.stdout, 'stdout')
      if (child.stderr !== null) options.output.attach(options.name, child.stderr, 'stderr')
      await once(child, 'spawn')
      return launchedPart(child, exited, options.readyUrl())
    },
  }
}

function launchedPart(child: ChildProcess, exited: Promise<PartExit>, readyUrl: string): LaunchedPart {
  const pid = child.pid ?? 0
  return {
    pid,
    exited,
    probe: () => answersReady(readyUrl),
    terminate() {
      child.kill('SIGTERM')
      const limit = setTimeout(() => killGroup(pid), LEAVE_LIMIT_MS)
      void exited.then(() => clearTimeout(limit))
    },
    kill: () => killGroup(pid),
  }
}

function exitOf(child: ChildProcess): Promise<PartExit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      // What the part itself had started (workers) must not outlive it and keep its port.
      killGroup(child.pid ?? 0)
      resolve({ code, signal, error: null })
    })
  })
}

function killGroup(pid: number): void {
  if (pid === 0) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // ESRCH: nobody left in the group.
  }
}

/** Whether `url` answers 200 within a second. The connection is not kept: an idle one would hold up the part's own graceful end. */
export function answersReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(PROBE_LIMIT_MS) }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('error', () => resolve(false))
  })
}
