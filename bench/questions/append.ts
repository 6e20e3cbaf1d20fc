import { ProduceAcks, Producer } from '@platformatic/kafka'
import { RAW_TOPIC } from '@sluice/contract/topics'
import type { EventLog } from '@sluice/event-log'
import { parseEventLogConfig } from '@sluice/event-log/config'
import { openEventLog } from '@sluice/event-log/open'
import { readEnv } from '@sluice/runtime/env'
import { watchCpu } from '../cpu.ts'
import { openEngines } from '../engines.ts'
import type { Bench, Measure, OpenQuestion, Subject } from '../question.ts'
import { SILENT } from '../silent.ts'

const RECORDS = 50
/** An envelope with a small event. */
const VALUE = Buffer.alloc(580, 'x')
/** As many appends under way at once as ingest has lanes. */
const CALLERS = 4

/** What choosing partitions, lanes, deadlines and three outcomes cost over the client's own send of the same batches. */
export const openAppendQuestion: OpenQuestion = async (bench) => {
  const full = await openEngines(bench.life, 'full')
  const embedded = await openEngines(bench.life, 'embedded')
  const kafkaLog = await openLog(bench, full.settings)
  const postgresLog = await openLog(bench, embedded.settings)
  const kafka = { kafka: full.pids.kafka ?? 0 }
  return {
    name: 'append',
    asks: `records a second, ${RECORDS} of ${VALUE.length} bytes an append, ${CALLERS} under way`,
    subjects: [
      await rawSends(bench, full.settings.KAFKA_BROKERS ?? '', kafka),
      { name: 'append, full', measure: () => appendFor(kafkaLog, bench.seconds, kafka) },
      { name: 'append, embedded', measure: () => appendFor(postgresLog, bench.seconds, embedded.pids) },
    ],
  }
}

async function openLog(bench: Bench, settings: Record<string, string>): Promise<EventLog> {
  const read = readEnv(settings)
  const log = bench.life.use(await openEventLog(parseEventLogConfig(read), { log: SILENT }))
  await log.ready()
  return log
}

/** The same idempotent producers, one for each append under way, each to a partition of its own. */
async function rawSends(bench: Bench, brokers: string, pids: Record<string, number>): Promise<Subject> {
  const producers = Array.from(
    { length: CALLERS },
    (_, nth) =>
      new Producer<string, Buffer, string, string>({
        clientId: `bench-${nth}`,
        bootstrapBrokers: brokers.split(','),
        acks: ProduceAcks.ALL,
        idempotent: true,
      }),
  )
  bench.life.defer(async () => void (await Promise.all(producers.map((producer) => producer.close(true)))))
  return {
    name: 'producer.send',
    measure: () =>
      callersFor(bench.seconds, pids, async (caller) => {
        const messages = Array.from({ length: RECORDS }, () => ({ topic: RAW_TOPIC, value: VALUE, partition: caller }))
        await producers[caller]?.send({ messages })
      }),
  }
}

function appendFor(log: EventLog, seconds: number, pids: Record<string, number>): Promise<Measure> {
  return callersFor(seconds, pids, async () => {
    const records = Array.from({ length: RECORDS }, () => ({ key: null, value: VALUE, headers: {} }))
    for (const outcome of await log.append(RAW_TOPIC, records))
      if (outcome.type !== 'done') throw new Error(`an append ended as ${outcome.type}`)
  })
}

async function callersFor(
  seconds: number,
  pids: Record<string, number>,
  call: (caller: number) => Promise<void>,
): Promise<Measure> {
  const cpu = watchCpu({ ...pids, caller: process.pid })
  const start = performance.now()
  const end = start + seconds * 1_000
  let records = 0
  await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      while (performance.now() < end) {
        await call(caller)
        records += RECORDS
      }
    }),
  )
  return { perSecond: records / ((performance.now() - start) / 1_000), cpuMicros: cpu(records) }
}
