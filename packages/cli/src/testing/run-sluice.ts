import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../bin/sluice.mjs', import.meta.url))
/** No stack runs there, so that none of this machine is found by chance. */
const NOWHERE = path.join(tmpdir(), 'no-such-sluice-folder')

export type SluiceEnd = { code: number | null; stdout: string; stderr: string }

/** Runs the command as a user does, with nothing of this process's environment but PATH. */
export async function runSluice(
  args: readonly string[],
  { env = {}, stdin = '' }: { env?: Record<string, string>; stdin?: string } = {},
): Promise<SluiceEnd> {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env.PATH, SLUICE_DATA_DIR: NOWHERE, ...env },
  })
  // It may end without having read any of it.
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: code as number | null, stdout, stderr }
}

/** Starts the command as a terminal does, in a process group of its own, and leaves it running; killed when the test is over. */
export function startSluice(
  t: TestContext,
  args: readonly string[],
  { env = {} }: { env?: Record<string, string> } = {},
) {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env.PATH, SLUICE_DATA_DIR: NOWHERE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  /** Ctrl-C goes to the whole group. */
  const kill = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, signal)
  }
  t.after(() => kill('SIGKILL'))
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    kill,
    closeStdout: () => void child.stdout.destroy(),
    ended,
  }
}
