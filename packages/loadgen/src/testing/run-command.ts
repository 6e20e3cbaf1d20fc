import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

export type CommandResult = { status: number | null; stdout: string; stderr: string }

/** A folder of its own, removed with the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-loadgen-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs an entry point as a user does, in an empty folder and with no settings in its environment but `env`. */
export function startCommand(
  t: TestContext,
  { script, args, env = {} }: { script: URL; args: readonly string[]; env?: Record<string, string> },
) {
  const child = spawn(process.execPath, [script.pathname, ...args], {
    cwd: temporaryFolder(t),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const result = (async (): Promise<CommandResult> => {
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ])
    return { status, stdout, stderr }
  })()
  return { child, result }
}
