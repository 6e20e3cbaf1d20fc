import { randomUUID } from 'node:crypto'
import { inspectEventLog } from '@sluice/event-log/inspect'
import { openEventLog } from '@sluice/event-log/open'
import { inspectStore } from '@sluice/event-store/inspect-store'
import { inspectGate } from '@sluice/gate/inspect'
import { createLiveKeyring } from '@sluice/gate/live-keyring'
import { openGate } from '@sluice/gate/open'
import { createPostgresApiKeyStore } from '@sluice/gate/postgres-api-key-store'
import { createWrongKeyThrottle, WRONG_KEYS_PER_SECOND } from '@sluice/gate/wrong-key-throttle'
import { systemClock } from '@sluice/runtime/clock'
import { loadEnv } from '@sluice/runtime/env'
import { createHealth, type HealthComponent } from '@sluice/runtime/health'
import { listen } from '@sluice/runtime/http-server'
import { configOrExit, runProcess } from '@sluice/runtime/lifecycle'
import { createLogger } from '@sluice/runtime/logger'
import { createMetrics } from '@sluice/runtime/metrics'
import { closePool, closePoolInTime, openPool } from '@sluice/runtime/postgres'
import { printFindings } from '@sluice/runtime/print-findings'
import { readVersion } from '@sluice/runtime/version'
import { createAdminApp } from './app.ts'
import { createReconciler } from './balance/reconciler.ts'
import { parseAdminConfig } from './config.ts'
import { createAccess } from './http/access.ts'
import { createLagMonitor } from './lag/lag-monitor.ts'
import { createLagRecorder } from './lag/lag-recorder.ts'
import { createLiveStreams } from './live/live-routes.ts'
import { createPlatformHealth } from './platform/platform-health.ts'
import { createPlatformMetrics } from './platform/platform-metrics.ts'
import { createRedriveRunner } from './redrives/redrive-runner.ts'

const { config, read } = configOrExit('admin', () => parseAdminConfig(loadEnv(process.env, process.cwd())))
const version = readVersion()

if (process.argv.includes('--print-config')) process.stdout.write(`${JSON.stringify(read.entries())}\n`)
else if (process.argv.includes('--check'))
  await printFindings([inspectEventLog(config.eventLog), inspectGate(config.gate), inspectStore(config.databaseUrl)])
else await run()

async function run(): Promise<void> {
  const log = createLogger({ name: 'admin', level: config.logLevel })
  for (const warning of read.warnings()) log.warn('config.near_miss', { warning })

  await runProcess({ name: 'admin', log }, async ({ stack, stopping }) => {
    log.info('admin.starting', {
      ...version,
      port: config.port,
      token: config.adminToken === null ? 'none, loopback only' : 'set',
    })
    const pool = openPool({
      url: config.databaseUrl,
      max: 8,
      applicationName: 'sluice-admin',
      statementTimeoutMs: 5_000,
      lockTimeoutMs: 3_000,
      log,
    })
    stack.defer(() => closePool(pool))
    closePoolInTime(pool, stopping)
    const gate = stack.use(await openGate(config.gate, { log }))
    const keyring = stack.use(
      createLiveKeyring({ entries: config.apiKeys, store: createPostgresApiKeyStore(pool), log }),
    )
    const eventLog = stack.use(await openEventLog(config.eventLog, { log }))

    const latencies = new Map<string, number | null>()
    /** A probe that remembers how long the component took to answer. */
    const timed = (name: string, critical: boolean, ask: () => Promise<unknown>): HealthComponent => ({
      critical,
      async probe() {
        const start = performance.now()
        latencies.set(name, null)
        await ask()
        latencies.set(name, Math.round((performance.now() - start) * 10) / 10)
        return 'ok'
      },
    })
    const health = createHealth({
      log,
      components: {
        store: timed('store', true, () => pool.query('SELECT 1 FROM events LIMIT 1')),
        log: timed('log', false, () => eventLog.ready()),
        gate: timed('gate', false, () => gate.ready()),
      },
    })
    stack.use(health)
    const lag = stack.use(createLagMonitor(eventLog, systemClock))
    const platform = createPlatformHealth({
      pool,
      health,
      lag,
      latencyOf: (name) => latencies.get(name) ?? null,
      clock: systemClock,
    })
    const redrives = stack.use(
      createRedriveRunner({ pool, eventLog, lag, holder: randomUUID(), clock: systemClock, log }),
    )
    const metrics = createMetrics({ process: 'admin', version })
    const live = createLiveStreams({ pool, eventLog, clock: systemClock, log })
    const app = await createAdminApp({
      pool,
      eventLog,
      gate,
      lag,
      live,
      platform,
      redrives,
      engine: config.eventLog.engine,
      settings: {
        gateEngine: config.gate.engine,
        asksForToken: config.adminToken !== null,
        ratePerMin: config.ratePerMin,
        windowMs: config.gate.windowMs,
        retentionMs: config.retentionMs,
        ingestUrl: config.ingestUrl,
        publicIngestUrl: config.publicIngestUrl,
        apiKeys: config.apiKeys,
      },
      keyring,
      throttle: createWrongKeyThrottle(systemClock, WRONG_KEYS_PER_SECOND),
      clock: systemClock,
      log,
      health,
      metrics,
      version,
      access: createAccess(config.adminToken),
    })
    // Of its health nothing is said here: the keys are in the store.
    await keyring.start()
    stack.use(await listen(app, { host: config.host, port: config.port, log, shutdownDelayMs: 0, health }))
    // Closed before the server, which would wait for answers that never end.
    stack.use(live)
    const recorder = stack.use(createLagRecorder({ pool, lag, platform, log }))
    const reconciler = stack.use(createReconciler({ pool, eventLog, retentionMs: config.retentionMs, log }))
    const platformMetrics = stack.use(createPlatformMetrics({ metrics, pool, lag, platform, log }))
    lag.start()
    platformMetrics.start()
    recorder.start()
    reconciler.start()
    redrives.start()
    await health.start()
  })
}
