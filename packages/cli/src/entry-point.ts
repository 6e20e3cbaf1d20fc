import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { Env } from '@sluice/runtime/env'

export type EntryAnswer = { exitCode: number | null; stdout: string; stderr: string }

/** An entry point that starts, asks an engine and prints takes a second or two, on a machine at its limit ten times that; one that hangs is ended. */
const LIMIT_MS = 60_000

/** Runs one of our entry points with one flag, such as `--print-config`, and resolves to what it said. */
export async function askEntryPoint(entry: string, flag: string, env: Env, cwd: string): Promise<EntryAnswer> {
  const child = spawn(process.execPath, [entry, flag], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { exitCode: exitCode as number | null, stdout, stderr }
}
