import { randomUUID } from 'node:crypto'
import { DLQ_TOPIC, PROCESSOR_GROUP, RAW_TOPIC } from '@sluice/contract/topics'
import type { Consumer } from '@sluice/event-log'
import { deleteOldRecords } from '@sluice/event-log/delete-old-records'
import { inspectEventLog } from '@sluice/event-log/inspect'
import { openEventLog } from '@sluice/event-log/open'
import { createHeartbeats } from '@sluice/event-store/heartbeats'
import { inspectStore } from '@sluice/event-store/inspect-store'
import { createEventStore } from '@sluice/event-store/settle-batch'
import { createBackoff } from '@sluice/runtime/backoff'
import { systemClock } from '@sluice/runtime/clock'
import { loadEnv } from '@sluice/runtime/env'
import { createHealth } from '@sluice/runtime/health'
import { createHttpApp } from '@sluice/runtime/http-app'
import { listen } from '@sluice/runtime/http-server'
import { configOrExit, runProcess } from '@sluice/runtime/lifecycle'
import { createLogger } from '@sluice/runtime/logger'
import { createMetrics } from '@sluice/runtime/metrics'
import { closePool, closePoolInTime, openPool, type Pool } from '@sluice/runtime/postgres'
import { printFindings } from '@sluice/runtime/print-findings'
import { readVersion } from '@sluice/runtime/version'
import { parseProcessorConfig } from './config.ts'
import { createCrashGuard } from './crash-guard.ts'
import { createCrashMarkers } from './crash-markers.ts'
import { keepHouse } from './housekeeping.ts'
import { judgeRecord } from './judge.ts'
import { probeLoop, stuckStep } from './loop-health.ts'
import { countOutcomes, createProcessorMetrics } from './processor-metrics.ts'
import { createProgress } from './progress.ts'
import { runLoop } from './run-loop.ts'

const HEARTBEAT_EVERY_MS = 1_000
const SUMMARY_EVERY_MS = 10_000
/** Rollup rows are kept per writer, so that two processors never wait for each other's. */
const SHARDS = 32

const { config, read } = configOrExit('processor', () => parseProcessorConfig(loadEnv(process.env, process.cwd())))
const version = readVersion()

if (process.argv.includes('--print-config')) process.stdout.write(`${JSON.stringify(read.entries())}\n`)
else if (process.argv.includes('--check'))
  await printFindings([inspectEventLog(config.eventLog), inspectStore(config.databaseUrl)])
else await run()

async function run(): Promise<void> {
  const log = createLogger({ name: 'processor', level: config.logLevel })
  for (const warning of read.warnings()) log.warn('config.near_miss', { warning })

  await runProcess({ name: 'processor', log }, async ({ stack, stopping, stop }) => {
    const instanceId = randomUUID()
    log.info('processor.starting', { ...version, port: config.port, instance_id: instanceId })
    const pool = openPool({
      url: config.databaseUrl,
      max: 6, // four batches in their transactions, and probes and marks beside them
      applicationName: 'sluice-processor',
      statementTimeoutMs: 8_000,
      lockTimeoutMs: 3_000,
      log,
    })
    stack.defer(() => closePool(pool))
    closePoolInTime(pool, stopping)
    const shard = process.pid % SHARDS
    const store = createEventStore({ pool, shard })
    const eventLog = stack.use(await openEventLog(config.eventLog, { log }))
    const metrics = createMetrics({ process: 'processor', version })
    const counts = createProcessorMetrics(metrics, systemClock)
    const progress = createProgress(systemClock)
    const crashGuard = createCrashGuard({
      markers: createCrashMarkers({ pool, topic: RAW_TOPIC, instanceId }),
      judge: judgeRecord,
      log,
    })

    const health = createHealth({
      log,
      components: {
        loop: { critical: true, probe: () => probeLoop(progress) },
        store: { critical: false, probe: () => store.ready().then(() => 'ok' as const) },
        judging: { critical: false, probe: async () => (crashGuard.isCareful() ? 'degraded' : 'ok') },
        log: { critical: false, probe: () => eventLog.ready().then(() => 'ok' as const) },
      },
    })
    stack.use(health)
    const app = await createHttpApp({
      name: 'processor',
      title: 'Sluice processor',
      version,
      log,
      health,
      metrics,
      docs: false,
      maxBodyBytes: 1_024,
      exposeTenants: () => config.host === '127.0.0.1',
    })
    stack.use(await listen(app, { host: config.host, port: config.port, log, shutdownDelayMs: 0, health }))

    let consumer: Consumer | null = null
    const heartbeats = createHeartbeats({ pool, instanceId, log })
    const loop = runLoop({
      store,
      eventLog,
      crashGuard,
      clock: systemClock,
      progress,
      // 100 ms doubling to 5 s: a 1 min outage is about 17 tries.
      backoff: createBackoff({ firstMs: 100, maxMs: 5_000, jitter: 0.2 }),
      log,
      stopping,
      onSettled(settled, seconds) {
        counts.settled(settled, seconds)
        const duration_ms = Math.round(seconds * 1_000)
        log.debug('batch.settled', { records: settled.length, duration_ms, ...countOutcomes(settled) })
      },
      onRetry: counts.retried,
      onConsumer(next) {
        consumer = next
      },
    })
    // The loop ends only when it shall stop; anything else is a fault that a new process mends.
    loop.catch(stop)
    stack.defer(async () => {
      await loop.catch(() => {})
      await heartbeats.stopped()
    })

    const housekeeping = keepHouse({
      pool,
      shard,
      retention: config.retention,
      oldRecords: config.eventLog.engine === 'postgres' ? oldRecordsOf(pool, config.retention.logMs) : [],
      counts,
      log,
      stopping,
    })
    stack.defer(() => housekeeping)

    const beat = setInterval(() => {
      const stuck = stuckStep(progress)
      if (stuck !== null) stop(new Error(`no turn of the loop ended for a minute, in step ${stuck}`))
      const trouble = progress.trouble()
      void heartbeats.beat({
        lastTurnAt: new Date(progress.lastTurnAt()),
        waitsFor: trouble === null ? null : trouble.what,
        partitions: consumer?.assigned() ?? [],
      })
      if (consumer !== null) void crashGuard.keepOnly(consumer.assigned())
    }, HEARTBEAT_EVERY_MS)
    stack.defer(() => clearInterval(beat))
    const summary = setInterval(() => {
      const outcomes = counts.takeSummary()
      if (Object.keys(outcomes).length > 0) log.info('processor.summary', { outcomes })
    }, SUMMARY_EVERY_MS)
    stack.defer(() => clearInterval(summary))
    await health.start()
  })
}

/** Of what came in only what is settled goes; nobody has to have read the dead letters' topic. */
function oldRecordsOf(pool: Pool, keepMs: number) {
  return [
    () => deleteOldRecords(pool, { topic: RAW_TOPIC, keepMs, group: PROCESSOR_GROUP }),
    () => deleteOldRecords(pool, { topic: DLQ_TOPIC, keepMs, group: null }),
  ]
}
