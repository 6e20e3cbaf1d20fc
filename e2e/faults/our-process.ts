import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from '@sluice/runtime/testing/eventually'

/** One of our entry points, started as production does, without a supervisor. */
export type OurProcess = {
  child: ChildProcess
  url: string
  /** Exit status; null when a signal ended it. */
  exited: Promise<number | null>
  /** What it wrote so far, lines of JSON and words for people. */
  output(): string
  status(path: string): Promise<number>
}

/** Starts `packages/<name>/src/main.ts` on a free port and waits until it listens. Ended with `t`. */
export async function startProcess(
  t: TestContext,
  name: 'ingest' | 'processor' | 'admin',
  env: Record<string, string>,
): Promise<OurProcess> {
  const entry = fileURLToPath(new URL(`../../packages/${name}/src/main.ts`, import.meta.url))
  const child = spawn(process.execPath, [entry], {
    env: { PATH: process.env.PATH, [`${name.toUpperCase()}_PORT`]: '0', API_KEYS: 'tenant_a:key_a', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  t.after(async () => {
    child.kill('SIGKILL')
    await exited
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const port = await eventually(() => /"port":(\d+),"event":"http.listening"/.exec(output)?.[1], {
    message: `${name} listening`,
  }).catch((error: unknown) => {
    throw new Error(`${name} does not listen:\n${output}`, { cause: error })
  })
  const url = `http://127.0.0.1:${port}`
  return {
    child,
    url,
    exited,
    output: () => output,
    status: async (path) => (await fetch(url + path)).status,
  }
}
