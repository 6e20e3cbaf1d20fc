// Does the platform hold a load for long, and what do its processes keep of it?
//   node_modules/.bin/node bench/long-run.ts --rate 4000 --minutes 10 [--stack full] [--connections 128] [--batch 1]
// Ingest and a processor on fresh engines, one client that keeps to the rate as far as its connections let it. At the end the log is
// waited for, and what was accepted is counted in the store. Memory, open files and the longest turn of each event loop are looked at
// every five seconds; the first minute, in which everything comes up, is left out of the slope.
import { parseArgs } from 'node:util'
import { eventually } from '@sluice/runtime/testing/eventually'
import { growthPerMinute } from '@sluice/runtime/testing/trend'
import { openFilesOf, residentMiB, watchCpu } from './cpu.ts'
import { countSettled, openEngines, type Started, sql, start } from './engines.ts'
import { saturate } from './load/run-load.ts'

const SAMPLE_MS = 5_000
const WARM_UP_MS = 60_000

type Sample = { atMs: number; mib: number; files: number }

const { values } = parseArgs({
  options: {
    stack: { type: 'string', default: 'full' },
    rate: { type: 'string' },
    minutes: { type: 'string', default: '10' },
    connections: { type: 'string', default: '128' },
    batch: { type: 'string', default: '1' },
  },
})
const { stack, rate } = values
if (rate === undefined || (stack !== 'embedded' && stack !== 'full')) {
  process.stderr.write('long-run: give --rate, and --stack embedded or full\n')
  process.exit(2)
}

await using life = new AsyncDisposableStack()
const engines = await openEngines(life, stack)
const ours: Record<string, Started> = {}
for (const name of ['ingest', 'processor', 'admin'] as const) ours[name] = life.use(await start(name, engines.settings))
const pids = { ...Object.fromEntries(Object.entries(ours).map(([name, { pid }]) => [name, pid])), ...engines.pids }
const samples = new Map(Object.keys(pids).map((name) => [name, [] as Sample[]]))
const longestTurnMs = new Map<string, number>()

const begin = performance.now()
async function look(): Promise<void> {
  for (const [name, pid] of Object.entries(pids))
    samples.get(name)?.push({ atMs: performance.now() - begin, mib: residentMiB(pid), files: openFilesOf(pid) })
  for (const [name, { port }] of Object.entries(ours)) {
    const text = await fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text())
    const seconds = Number(/^nodejs_eventloop_lag_max_seconds\S* (\S+)$/m.exec(text)?.[1] ?? 0)
    longestTurnMs.set(name, Math.max(longestTurnMs.get(name) ?? 0, seconds * 1_000))
  }
}
await look()
const looking = setInterval(() => void look().catch((error: unknown) => process.stderr.write(`${error}\n`)), SAMPLE_MS)
const cpu = watchCpu(pids)
const report = await saturate(
  ours.ingest?.port ?? 0,
  Number(values.connections),
  Number(values.minutes) * 60,
  Number(values.batch),
  Number(rate),
)
const micros = cpu(report.events)
clearInterval(looking)
await look()

const accepted = report.events - report.refused * Number(values.batch)
const settled = () => countSettled(engines.databaseUrl)
const waiting = accepted - (await settled())
const endMs = performance.now()
await eventually(async () => (await settled()) >= accepted, {
  timeoutMs: 600_000,
  pauseMs: 100,
  message: 'an empty log',
})
const drainedS = (performance.now() - endMs) / 1_000
const [rows] = await sql<{ n: string }>(engines.databaseUrl, 'SELECT count(*) AS n FROM events')

const out = (line: string) => process.stdout.write(`${line}\n`)
out(
  `${stack}, ${rate} events a second asked, ${values.batch} a POST, ${values.connections} connections, ${values.minutes} min\n`,
)
out(
  `answered ${(report.events / report.seconds).toFixed(0)} a second; refused requests ${report.refused}; accepted ${accepted}; rows ${rows?.n}; waiting at the end ${waiting}, ${drainedS.toFixed(1)} s to store them`,
)
out(
  `p50 ${report.p50_ms.toFixed(1)} · p99 ${report.p99_ms.toFixed(1)} · p99.9 ${report.p99_9_ms.toFixed(1)} · longest ${report.max_ms.toFixed(1)} ms\n`,
)
out(
  '| process | MiB: start · after 1 min · most · end | slope, MiB a minute | open files: start · most · end | longest turn of the loop, ms | CPU µs an event |',
)
out('| --- | --- | --- | --- | --- | --- |')
for (const [name, all] of samples) {
  const warm = all.filter(({ atMs }) => atMs >= WARM_UP_MS)
  const [first, last] = [all[0], all.at(-1)]
  const mib = (sample: Sample | undefined) => (sample === undefined ? '–' : sample.mib.toFixed(0))
  out(
    `| ${name} | ${mib(first)} · ${mib(warm[0])} · ${Math.max(...all.map((one) => one.mib)).toFixed(0)} · ${mib(last)} | ${growthOf(warm)} | ${first?.files} · ${Math.max(...all.map(({ files }) => files))} · ${last?.files} | ${longestTurnMs.get(name)?.toFixed(0) ?? ''} | ${micros[name]?.toFixed(0)} |`,
  )
}

function growthOf(warm: readonly Sample[]): string {
  return warm.length < 3 ? '–' : growthPerMinute(warm.map(({ atMs, mib }) => ({ atMs, value: mib }))).toFixed(2)
}
