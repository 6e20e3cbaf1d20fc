import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execFileAsync = promisify(execFile)

type Row = { pid: number; parent: number; group: number; state: string }

/** Every process with its parent, group and state. Zombies are left out: they do nothing more and only wait to be counted. */
async function listProcesses(): Promise<Row[]> {
  const { stdout } = await execFileAsync('ps', ['-axo', 'pid=,ppid=,pgid=,stat='], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    maxBuffer: 16_777_216,
  })
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(({ length }) => length === 4)
    .map(([pid, parent, group, state = '']) => ({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      state,
    }))
    .filter(({ state }) => !state.startsWith('Z'))
}

/** `pid`, all below it, and all in its group: PostgreSQL's backends make groups of their own. */
export async function processTree(pid: number): Promise<number[]> {
  const rows = await listProcesses()
  const found = new Set(rows.filter((row) => row.pid === pid || row.group === pid).map((row) => row.pid))
  for (let size = -1; size !== found.size; ) {
    size = found.size
    for (const row of rows) if (found.has(row.parent)) found.add(row.pid)
  }
  return [...found]
}

/** Those of `pids` that still run. */
export async function stillRunning(pids: readonly number[]): Promise<number[]> {
  const running = new Set((await listProcesses()).map(({ pid }) => pid))
  return pids.filter((pid) => running.has(pid))
}

/** Whether the process stands still after SIGSTOP: the signal is sent at once and takes effect when the process is next scheduled. */
export async function isStopped(pid: number): Promise<boolean> {
  return (await listProcesses()).some((row) => row.pid === pid && row.state.startsWith('T'))
}

/** Sends a signal to each; one that has ended meanwhile is passed over. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}
