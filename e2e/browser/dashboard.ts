import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { buildIfStale } from '@sluice/dashboard/build'
import { MEMORY } from '@sluice/dashboard/memory'
import { findFreePort } from '@sluice/runtime/free-port'
import { eventually } from '@sluice/runtime/testing/eventually'

const MAIN = fileURLToPath(new URL('../../packages/dashboard/server/main.ts', import.meta.url))

export type Dashboard = AsyncDisposable & { url: string; pid: number; output: () => string }

/** Starts the dashboard against an Admin API on a free port, built before if its sources changed, and waits until it answers. */
export async function openDashboard({
  adminUrl,
  token = '',
}: {
  adminUrl: string
  token?: string
}): Promise<Dashboard> {
  await buildIfStale((line) => process.stderr.write(`${line}\n`))
  const port = await findFreePort()
  const child = spawn(process.execPath, [...MEMORY.flags, MAIN], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...MEMORY.env,
      HOST: '127.0.0.1',
      DASHBOARD_PORT: String(port),
      ADMIN_URL: adminUrl,
      ADMIN_TOKEN: token,
    },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const url = `http://127.0.0.1:${port}`
  await eventually(async () => child.exitCode !== null || (await fetch(`${url}/healthz`)).ok, {
    message: 'the dashboard answering',
  })
  if (child.exitCode !== null) throw new Error(`the dashboard ended: ${output}`)
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
