// What can the load generator itself, on one core, and how far off is its own measure?
//   node bench/load-generator.ts
// Runs `sluice loadgen` against a bare HTTP server that answers as ingest does and nothing else: first as fast as it can be
// asked, then at 1,000/s with every answer held back 5 ms. One JSON line for each; the server is a process of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const LOADGEN = fileURLToPath(new URL('../packages/loadgen/src/main.ts', import.meta.url))
const ANSWER =
  '{"status":"accepted","duplicate":false,"receipt_id":"019a0000-0000-7000-8000-000000000001","request_id":"r"}'
const HEADERS = ['Content-Type', 'application/json', 'Content-Length', String(ANSWER.length)]
const DELAY_MS = 5

if (process.argv[2] === 'serve') serve(Number(process.argv[3]))
else await compare()

function serve(delayMs: number): void {
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => {
      const answer = () => void response.writeHead(202, HEADERS).end(ANSWER)
      if (delayMs === 0) answer()
      else setTimeout(answer, delayMs)
    })
  })
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
}

async function compare(): Promise<void> {
  for (const rps of [1_000, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000])
    await measure({ rps, delayMs: 0, ledger: false })
  await measure({ rps: 4_000, delayMs: 0, ledger: true })
  await measure({ rps: 1_000, delayMs: DELAY_MS, ledger: false })
}

async function measure({ rps, delayMs, ledger }: { rps: number; delayMs: number; ledger: boolean }): Promise<void> {
  const server = spawn(process.execPath, [import.meta.filename, 'serve', String(delayMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = (await once(server.stdout, 'data')) as [Buffer]
  const args = ['--url', `http://127.0.0.1:${String(port).trim()}`, '--rps', String(rps), '--duration', '6s', '--json']
  const child = spawn(process.execPath, [LOADGEN, ...args, ...(ledger ? ['--ledger', '/dev/null'] : [])], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [cpuSeconds, stdout] = await Promise.all([cpuOf(child.pid ?? 0), text(child.stdout)])
  server.kill('SIGKILL')
  await once(server, 'exit')
  const { sent, dropped, achieved_rate, latency_ms, lateness_ms, generator_was_late } = JSON.parse(stdout)
  const line = {
    asked: rps,
    achieved: achieved_rate,
    ledger,
    server_delay_ms: delayMs,
    dropped,
    cpu_us_per_event: Math.round((cpuSeconds / sent) * 1e6),
    cores: Math.round((cpuSeconds / 6) * 100) / 100,
    from_schedule_ms: latency_ms.from_schedule,
    from_sending_ms: latency_ms.from_sending,
    lateness_p99_ms: lateness_ms.p99,
    generator_was_late,
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** CPU seconds of a process until it ends, as Linux keeps them. */
async function cpuOf(pid: number): Promise<number> {
  for (let seconds = 0; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      if (stat[0] === 'Z') return seconds
      seconds = (Number(stat[11]) + Number(stat[12])) / 100
    } catch {
      return seconds // it has ended
    }
  }
}
