import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { watchCpu } from '../cpu.ts'
import { openEngines, type StackKind, start } from '../engines.ts'
import { pace, saturate } from '../load/run-load.ts'
import type { Bench, Measure, OpenQuestion, Subject } from '../question.ts'

const BARE_SERVER = fileURLToPath(new URL('../load/bare-server.ts', import.meta.url))
/** Singles: as many as a busy producer's pool holds. Batches: as many events under way as ingest has room for. */
const CONNECTIONS = { 1: 64, 50: 16 } as const
type Batch = keyof typeof CONNECTIONS
const RATES = [500, 2_000]
/** The client answers for half a core or so; when it takes as much as the server it is what was measured. */
const CLIENT_SHARE = 0.8

/** How much of what node:http itself can do is left with the gate, the log, the checks and the metrics on. */
export const openIngestQuestion: OpenQuestion = async (bench) => {
  const subjects: Subject[] = [await bareServer(bench)]
  for (const kind of ['embedded', 'full'] as const) subjects.push(...(await ingestOn(bench, kind)))
  // JIT, pools and producers come up before anything counts.
  for (const subject of subjects) await subject.measure()
  return {
    name: 'ingest',
    asks: `events a second: one event a POST over ${CONNECTIONS[1]} connections, 50 a POST over ${CONNECTIONS[50]}, each with one request under way`,
    subjects,
  }
}

/** The floor of whatever takes events over HTTP. */
export async function bareServer(bench: Bench): Promise<Subject> {
  const { port, pid } = await openBareServer(bench)
  return { name: 'bare node:http', measure: () => saturateOne(port, bench.seconds, 1, { server: pid }) }
}

async function openBareServer(bench: Bench): Promise<{ port: number; pid: number }> {
  const child = spawn(process.execPath, [BARE_SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
  bench.life.defer(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return { port: Number(String(port)), pid: child.pid ?? 0 }
}

async function ingestOn(bench: Bench, kind: StackKind): Promise<Subject[]> {
  const engines = await openEngines(bench.life, kind)
  const ingest = bench.life.use(await start('ingest', engines.settings))
  return ([1, 50] as const).map((batch) => ({
    name: `ingest, ${kind}${batch === 1 ? '' : `, ${batch} a POST`}`,
    measure: () => saturateOne(ingest.port, bench.seconds, batch, { ingest: ingest.pid, ...engines.pids }),
  }))
}

async function saturateOne(
  port: number,
  seconds: number,
  batch: Batch,
  pids: Record<string, number>,
): Promise<Measure> {
  const cpu = watchCpu(pids)
  const run = await saturate(port, CONNECTIONS[batch], seconds, batch)
  const cpuMicros = cpu(run.events)
  const perSecond = run.events / run.seconds
  const notes = []
  if (run.refused > 0) notes.push(`${run.refused} requests were not answered 202`)
  if ((run.cpu_us * perSecond) / 1e6 > CLIENT_SHARE) notes.push('the load client was at its limit')
  return {
    perSecond,
    cpuMicros: { ...cpuMicros, client: run.cpu_us },
    latencyMs: { p50: run.p50_ms, p99: run.p99_ms },
    ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
  }
}

/** What a producer waits when the platform has time: at rates that the machine carries easily, where batching designs lose. */
export const openLatencyQuestion: OpenQuestion = async (bench) => {
  const bare = await openBareServer(bench)
  const servers = [{ name: 'bare node:http', port: bare.port, pids: { server: bare.pid } as Record<string, number> }]
  for (const kind of ['embedded', 'full'] as const) {
    const engines = await openEngines(bench.life, kind)
    const ingest = bench.life.use(await start('ingest', engines.settings))
    await saturate(ingest.port, CONNECTIONS[1], 1, 1)
    servers.push({ name: `ingest, ${kind}`, port: ingest.port, pids: { ingest: ingest.pid, ...engines.pids } })
  }
  return {
    name: 'latency',
    asks: 'events a second as asked, sent at fixed times whatever comes back; what counts is p50 and p99',
    subjects: RATES.flatMap((rate) =>
      servers.map(({ name, port, pids }) => ({
        name: `${name}, ${rate}/s`,
        measure: () => paceOne(port, rate, bench.seconds, pids),
      })),
    ),
  }
}

async function paceOne(port: number, rps: number, seconds: number, pids: Record<string, number>): Promise<Measure> {
  const cpu = watchCpu(pids)
  const report = await pace(port, rps, seconds)
  const { from_sending: latency } = report.latency_ms
  const notes = []
  if (report.dropped > 0) notes.push(`${report.dropped} dropped`)
  if (report.generator_was_late) notes.push('the generator was late')
  return {
    perSecond: report.achieved_rate,
    cpuMicros: cpu(report.sent),
    ...(latency === null ? {} : { latencyMs: latency }),
    ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
  }
}
