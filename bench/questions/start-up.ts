import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from '@sluice/runtime/testing/eventually'
import { collectOutput } from '../collect-output.ts'
import { residentMiB } from '../cpu.ts'
import type { Measure, OpenQuestion } from '../question.ts'

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

/** How long `npm start` takes until the platform is ready, and what it then holds in memory. */
export const openStartUpQuestion: OpenQuestion = async (bench) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-start-'))
  chmodSync(folder, 0o711)
  bench.life.defer(() => rmSync(folder, { recursive: true, force: true }))
  return {
    name: 'start',
    asks: 'starts a second of the whole embedded platform, from the command to the last part being ready; its p50 is the time in ms',
    subjects: [
      { name: 'data there already', measure: () => startOnce(folder, []) },
      { name: 'first start, no data', measure: () => startOnce(folder, ['--reset']) },
    ],
  }
}

async function startOnce(folder: string, flags: readonly string[]): Promise<Measure> {
  const ports = { INGEST_PORT: '0', ADMIN_PORT: '0', PROCESSOR_PORT: '0', DASHBOARD_PORT: '0' }
  const begin = performance.now()
  const child = spawn(process.execPath, [CLI, 'dev', '--data', join(folder, 'data'), ...flags], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...ports },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collectOutput(child)
  try {
    await eventually(() => /Sluice is ready/.test(output()), { message: 'the banner' })
    const tookMs = performance.now() - begin
    // The dashboard may come late: what it holds counts once it answers.
    const origin = /dashboard +(http:\S+)/.exec(output())?.[1]
    await eventually(() => fetch(`${origin}/healthz`).then(({ ok }) => ok), {
      timeoutMs: 120_000,
      message: 'the dashboard',
    })
    return {
      perSecond: 1_000 / tookMs,
      cpuMicros: {},
      latencyMs: { p50: tookMs, p99: tookMs },
      note: `resident: ${memoryOf(child, output())}`,
    }
  } finally {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
}

function memoryOf(supervisor: ChildProcess, output: string): string {
  const started = [...output.matchAll(/"process":"(ingest|processor|admin|dashboard)","pid":(\d+)/g)]
  const pids = new Map(started.map(([, name = '', pid]) => [name, Number(pid)]))
  const parts = [['supervisor', supervisor.pid ?? 0] as const, ...pids]
  return parts.map(([name, pid]) => `${name} ${Math.round(residentMiB(pid) / 10) * 10} MiB`).join(', ')
}
