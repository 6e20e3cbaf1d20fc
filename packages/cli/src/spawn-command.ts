import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** Runs another entry point of ours in this terminal and resolves to its exit status: 128 + n when signal n ended it. */
export function spawnCommand(entry: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...args], { stdio: 'inherit' })
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
    // The terminal sends Ctrl-C to the child itself, which ends with a partial report; we only wait for it.
    process.on('SIGINT', () => {})
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]))
  })
}
