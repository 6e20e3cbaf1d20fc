import { createRequire } from 'node:module'
import { loadEnv } from '@sluice/runtime/env'
import { configOrExit } from '@sluice/runtime/lifecycle'
import { createLogger } from '@sluice/runtime/logger'
import { readVersion } from '@sluice/runtime/version'
import { buildIfStale, isBuilt, STANDALONE_SERVER } from './build.ts'
import { parseDashboardConfig } from './config.ts'

/** As a refused setting: trying again would not help. */
const EXIT_REFUSED = 2

const { config, read } = configOrExit('dashboard', () => parseDashboardConfig(loadEnv(process.env, process.cwd())))

if (process.argv.includes('--print-config')) process.stdout.write(`${JSON.stringify(read.entries())}\n`)
else await run()

async function run(): Promise<void> {
  const log = createLogger({ name: 'dashboard', level: config.logLevel })
  for (const warning of read.warnings()) log.warn('config.near_miss', { warning })
  const stopping = leaveWhenAsked()
  const version = readVersion()
  log.info('dashboard.starting', {
    ...version,
    port: config.port,
    token: config.adminToken === null ? 'none, loopback only' : 'set',
  })

  const say = (line: string) => process.stderr.write(`dashboard: ${line}\n`)
  if (process.argv.includes('--build')) {
    try {
      await buildIfStale(say, stopping)
    } catch (error) {
      if (!stopping.aborted) say(`${(error as Error).message}: mend what its lines above name`)
      process.exit(stopping.aborted ? 0 : EXIT_REFUSED)
    }
  } else if (!isBuilt()) {
    say('there is no build of these sources: run it with --build, which makes one')
    process.exit(EXIT_REFUSED)
  }
  if (stopping.aborted) return
  serve(version.version)
}

/** Hands over to the server that `next build` made, which reads its settings from the environment. */
function serve(version: string): void {
  Object.assign(process.env, {
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    PORT: String(config.port),
    HOSTNAME: config.host,
    ADMIN_URL: config.adminUrl,
    SLUICE_VERSION: version,
  })
  if (config.adminToken !== null) process.env.ADMIN_TOKEN = config.adminToken
  createRequire(import.meta.url)(STANDALONE_SERVER)
}

/**
 * Next's server drains on SIGTERM by itself, and then leaves with 143: asked to leave and gone is 0 here, as for every process of ours. A closed
 * channel means that the supervisor is gone.
 */
function leaveWhenAsked(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(1)
      controller.abort()
      process.on('exit', () => {
        process.exitCode = 0
      })
    })
  if (process.channel) {
    process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
    process.channel.unref()
  }
  return controller.signal
}
