import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
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
