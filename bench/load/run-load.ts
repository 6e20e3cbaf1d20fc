import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execFileAsync = promisify(execFile)
const CLOSED_LOOP = fileURLToPath(new URL('closed-loop.ts', import.meta.url))
const LOADGEN = fileURLToPath(new URL('../../packages/loadgen/src/main.ts', import.meta.url))

export type Saturation = {
  events: number
  seconds: number
  /** Requests that were not answered 202. */
  refused: number
  p50_ms: number
  p99_ms: number
  p99_9_ms: number
  max_ms: number
  cpu_us: number
}

/** As many events as are answered over `connections` connections in `seconds`, `batch` of them a POST; at most `rate` a second. */
export async function saturate(
  port: number,
  connections: number,
  seconds: number,
  batch: number,
  rate?: number,
): Promise<Saturation> {
  const args = [CLOSED_LOOP, port, connections, seconds, batch, ...(rate === undefined ? [] : [rate])].map(String)
  const { stdout } = await execFileAsync(process.execPath, args)
  return JSON.parse(stdout) as Saturation
}

export type Paced = {
  sent: number
  dropped: number
  achieved_rate: number
  latency_ms: { from_sending: { p50: number; p99: number } | null }
  outcomes: Record<string, number>
  generator_was_late: boolean
}

/** The platform's own load generator at a fixed rate, whatever comes back. */
export async function pace(port: number, rps: number, seconds: number): Promise<Paced> {
  const args = ['--url', `http://127.0.0.1:${port}`, '--rps', String(Math.round(rps)), '--duration', `${seconds}s`]
  const { stdout } = await execFileAsync(
    process.execPath,
    [LOADGEN, ...args, '--keys', 'tenant_a:key_a', '--max-in-flight', '2000', '--json'],
    { maxBuffer: 16 * 1024 * 1024 },
  )
  return JSON.parse(stdout) as Paced
}
