import { eventually } from '@sluice/runtime/testing/eventually'
import { watchCpu } from '../cpu.ts'
import { countSettled, openEngines, type StackKind, start } from '../engines.ts'
import { saturate } from '../load/run-load.ts'
import type { Bench, Measure, OpenQuestion, Subject } from '../question.ts'
import { bareServer } from './ingest.ts'

/** Each rate is so many times the one before. */
const STEP = 1.25
const FIRST_RATE = 2_000
/** Behind by less than this at the end of the load is not behind: what is under way. */
const MAY_WAIT_SECONDS = 1
/** Of the rate: less was sent because every connection waited for an answer, so that more cannot be had. */
const SENT_SHARE = 0.98
const CONNECTIONS = 128
/** Seconds at one rate: long enough that a lag which grows is seen. */
const ROUNDS = 2

/** The highest rate at which ingest, log, processor and store together keep up, the load client on the same machine. */
export const openWholeSystemQuestion: OpenQuestion = async (bench) => ({
  name: 'whole system',
  asks: 'events a second accepted and stored without growing lag, the load client runs beside it',
  subjects: [await bareServer(bench), ...(await stackOf(bench, 'full')), ...(await stackOf(bench, 'embedded'))],
})

type Carried = Measure & { isMost: boolean }

async function stackOf(bench: Bench, kind: StackKind): Promise<Subject[]> {
  const engines = await openEngines(bench.life, kind)
  const [ingest, processor] = await Promise.all([
    start('ingest', engines.settings),
    start('processor', engines.settings),
  ])
  bench.life.use(ingest)
  bench.life.use(processor)
  const pids = { ingest: ingest.pid, processor: processor.pid, ...engines.pids }
  const settled = () => countSettled(engines.databaseUrl)

  /** What it showed, and why more cannot be had, or in what it fell behind. */
  async function carries(rate: number, batch: number): Promise<Carried | string> {
    const before = await settled()
    const cpu = watchCpu(pids)
    const report = await saturate(ingest.port, CONNECTIONS, ROUNDS * bench.seconds, batch, rate)
    const accepted = report.events - report.refused * batch
    const waiting = accepted - ((await settled()) - before)
    await eventually(async () => (await settled()) - before >= accepted, {
      timeoutMs: 120_000,
      message: 'an empty log',
    })
    const perSecond = accepted / report.seconds
    if (report.refused > 0 || waiting > rate * MAY_WAIT_SECONDS)
      return `at ${rate.toFixed(0)}/s: ${report.refused} requests refused, ${waiting} events waited`
    return {
      // What was under way at the end is missing from what was answered.
      isMost: accepted < rate * report.seconds * SENT_SHARE - 2 * batch,
      perSecond,
      cpuMicros: { ...cpu(accepted), client: report.cpu_us },
      latencyMs: { p50: report.p50_ms, p99: report.p99_ms },
    }
  }

  // JIT, pools and producers come up before anything counts.
  await carries(FIRST_RATE, 1)
  return [1, 50].map((batch) => ({
    name: `whole system, ${kind}${batch === 1 ? '' : `, ${batch} a POST`}`,
    async measure() {
      let best: Measure | null = null
      for (let rate = FIRST_RATE; ; rate *= STEP) {
        let carried = await carries(rate, batch)
        // Once more: a checkpoint of an engine is no limit.
        if (typeof carried === 'string') carried = await carries(rate, batch)
        if (typeof carried === 'string') {
          if (best === null) throw new Error(`${kind} does not keep up ${carried}`)
          return { ...best, note: `not ${carried}` }
        }
        const { isMost, ...measure } = carried
        best = measure
        if (isMost) return { ...best, note: `of ${rate.toFixed(0)}/s that were asked` }
      }
    },
  }))
}
