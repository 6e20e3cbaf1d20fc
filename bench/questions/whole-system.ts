import { eventually } from '@sluice/runtime/testing/eventually'
import { watchCpu } from '../cpu.ts'
import { openEngines, type StackKind, sql, start } from '../engines.ts'
import { pace } from '../load/run-load.ts'
import type { Bench, Measure, OpenQuestion, Subject } from '../question.ts'

/** Each rate is so many times the one before. */
const STEP = 1.25
const FIRST_RATE = 1_000
/** Behind by less than this at the end of the load is not behind: what is under way. */
const MAY_WAIT_SECONDS = 0.5

/** The highest rate at which ingest, log, processor and store together keep up, the load client on the same machine. */
export const openWholeSystemQuestion: OpenQuestion = async (bench) => ({
  name: 'whole system',
  asks: 'events a second accepted and stored without growing lag, one event a POST; the load client runs beside it',
  subjects: [await stackOf(bench, 'full'), await stackOf(bench, 'embedded')],
})

async function stackOf(bench: Bench, kind: StackKind): Promise<Subject> {
  const engines = await openEngines(bench.life, kind)
  const [ingest, processor] = await Promise.all([
    start('ingest', engines.settings),
    start('processor', engines.settings),
  ])
  bench.life.use(ingest)
  bench.life.use(processor)
  const pids = { ingest: ingest.pid, processor: processor.pid, ...engines.pids }
  const settled = async () => {
    const [row] = await sql<{ n: string }>(
      engines.databaseUrl,
      'SELECT coalesce(sum(stored + dead_lettered + repeats), 0) AS n FROM settled_offsets',
    )
    return Number(row?.n)
  }

  /** Null: it did not keep up. */
  async function carries(rate: number): Promise<Measure | null> {
    const before = await settled()
    const cpu = watchCpu(pids)
    const report = await pace(ingest.port, rate, bench.seconds)
    const accepted = report.outcomes.accepted ?? 0
    const waiting = accepted - ((await settled()) - before)
    await eventually(async () => (await settled()) - before >= accepted, {
      timeoutMs: 120_000,
      message: 'an empty log',
    })
    const keptUp =
      report.dropped === 0 &&
      accepted === report.sent &&
      waiting <= rate * MAY_WAIT_SECONDS &&
      !report.generator_was_late
    if (!keptUp) return null
    const { from_sending: latency } = report.latency_ms
    return {
      perSecond: accepted / bench.seconds,
      cpuMicros: cpu(accepted),
      ...(latency === null ? {} : { latencyMs: latency }),
    }
  }

  return {
    name: `whole system, ${kind}`,
    async measure() {
      let best: Measure | null = null
      for (let rate = FIRST_RATE; ; rate *= STEP) {
        const measure = await carries(rate)
        if (measure === null) break
        best = measure
      }
      if (best === null) throw new Error(`${kind} does not keep up with ${FIRST_RATE} events a second`)
      return best
    },
  }
}
