import { randomUUID } from 'node:crypto'
import { SHORT_KEY_CHARACTERS } from '@sluice/contract/api-keys'
import { RAW_TOPIC } from '@sluice/contract/topics'
import { inspectEventLog } from '@sluice/event-log/inspect'
import { openEventLog } from '@sluice/event-log/open'
import { inspectGate } from '@sluice/gate/inspect'
import { inspectApiKeys } from '@sluice/gate/inspect-api-keys'
import { tenantsWithShortKeys } from '@sluice/gate/keyring'
import { openGate } from '@sluice/gate/open'
import { openKeyring } from '@sluice/gate/open-keyring'
import { createWrongKeyThrottle, WRONG_KEYS_PER_SECOND } from '@sluice/gate/wrong-key-throttle'
import { systemClock } from '@sluice/runtime/clock'
import { loadEnv } from '@sluice/runtime/env'
import { createHealth } from '@sluice/runtime/health'
import { listen } from '@sluice/runtime/http-server'
import { configOrExit, runProcess } from '@sluice/runtime/lifecycle'
import { createLogger } from '@sluice/runtime/logger'
import { createMetrics } from '@sluice/runtime/metrics'
import { printFindings } from '@sluice/runtime/print-findings'
import { readVersion } from '@sluice/runtime/version'
import { type Acceptance, type ArrivedEvent, createAcceptEvents } from './accept-events.ts'
import { createIngestApp, createOperationsApp } from './app.ts'
import { parseIngestConfig } from './config.ts'
import { createInFlightBytes } from './in-flight-bytes.ts'
import { createIngestMetrics } from './ingest-metrics.ts'
import { createLogBreaker } from './log-breaker.ts'
import { createMicroBatcher } from './micro-batcher.ts'
import { withAdmitTime, withAppendWatch, withBatchCounts } from './observed-ports.ts'
import { MICRO_BATCH } from './time-budget.ts'

const SUMMARY_EVERY_MS = 10_000
/** All producers may connect again at once, as after a restart, while those who did send already. */
const LISTENING_SOCKETS = 128
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])

const { config, read } = configOrExit('ingest', () => parseIngestConfig(loadEnv(process.env, process.cwd())))
const version = readVersion()

if (process.argv.includes('--print-config')) process.stdout.write(`${JSON.stringify(read.entries())}\n`)
else if (process.argv.includes('--check'))
  await printFindings([
    inspectEventLog(config.eventLog),
    inspectGate(config.gate),
    inspectApiKeys(config.apiKeys.length, config.keysDatabaseUrl),
  ])
else await run()

async function run(): Promise<void> {
  const log = createLogger({ name: 'ingest', level: config.logLevel })
  for (const warning of read.warnings()) log.warn('config.near_miss', { warning })

  await runProcess({ name: 'ingest', log }, async ({ stack }) => {
    log.info('ingest.starting', {
      ...version,
      port: config.port,
      tenants: new Set(config.apiKeys.map((key) => key.tenantId)).size,
    })
    const withShortKeys = tenantsWithShortKeys(config.apiKeys)
    if (withShortKeys.length > 0)
      log.warn('api_keys.short', { tenants: withShortKeys, fewer_characters_than: SHORT_KEY_CHARACTERS })
    const keys = { entries: config.apiKeys, databaseUrl: config.keysDatabaseUrl }
    const keyring = stack.use(await openKeyring(keys, { log }))
    const gate = stack.use(await openGate(config.gate, { log }))
    const eventLog = stack.use(await openEventLog(config.eventLog, { log }))
    const inFlight = createInFlightBytes(config.maxInFlightBytes)
    const metrics = createMetrics({ process: 'ingest', version })
    const counts = createIngestMetrics(metrics, inFlight.used)
    const breaker = createLogBreaker({
      probe: () => eventLog.ready(),
      threshold: 5,
      probeEveryMs: 1_000,
      onChange: (open) => log.warn('log_breaker.changed', { open, topic: RAW_TOPIC }),
    })
    stack.defer(() => breaker.close())

    const acceptEvents = createAcceptEvents({
      gate: withAdmitTime(gate, counts),
      eventLog: withAppendWatch(eventLog, counts, breaker, log),
      clock: systemClock,
      newToken: randomUUID,
    })
    const batcher = createMicroBatcher<ArrivedEvent, Acceptance>({
      ...MICRO_BATCH,
      run: withBatchCounts(acceptEvents, counts, log),
      clock: systemClock,
      expired: { type: 'log_unavailable', degraded: false, limit: null },
      failed(error) {
        log.error('micro_batch.failed', { error: error instanceof Error ? error.message : String(error) })
        return { type: 'log_unavailable', degraded: false, limit: null }
      },
    })

    // What waits for a lane when the server has closed must not reach a log that closes.
    stack.defer(() => batcher.abandon())

    const health = createHealth({
      log,
      components: {
        log: { critical: true, probe: () => eventLog.ready().then(() => 'ok' as const) },
        gate: { critical: false, probe: () => gate.ready().then(() => 'ok' as const) },
        ...(config.keysDatabaseUrl === null
          ? {}
          : { keys: { critical: false, probe: async () => (keyring.isFresh() ? 'ok' : 'degraded') } }),
        memory: { critical: false, probe: async () => (inFlight.share() > 0.8 ? 'degraded' : 'ok') },
      },
    })
    stack.use(health)
    const exposeTenants = LOOPBACK.has(config.host)
    const app = await createIngestApp({
      log,
      health,
      metrics,
      version,
      exposeTenants,
      events: {
        keyring,
        throttle: createWrongKeyThrottle(systemClock, WRONG_KEYS_PER_SECOND),
        inFlight,
        breaker,
        batcher,
        metrics: counts,
        clock: systemClock,
        ratePerMin: config.ratePerMin,
        maxEventBytes: config.maxEventBytes,
      },
    })
    if (config.operationsPort !== null) {
      const operations = await createOperationsApp({ log, health, metrics, version, exposeTenants })
      stack.use(await listen(operations, { host: config.host, port: config.operationsPort, log, shutdownDelayMs: 0 }))
    }
    stack.use(
      await listen(app, {
        host: config.host,
        port: config.port,
        sharesPort: config.gate.workers > 1,
        listeningSockets: LISTENING_SOCKETS,
        log,
        shutdownDelayMs: config.shutdownDelayMs,
        health,
      }),
    )
    await health.start()
    const summary = setInterval(() => {
      const answers = counts.takeSummary()
      if (Object.keys(answers).length > 0) log.info('ingest.summary', { answers })
    }, SUMMARY_EVERY_MS)
    stack.defer(() => clearInterval(summary))
  })
}
