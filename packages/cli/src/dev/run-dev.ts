import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import type { Env } from '@sluice/runtime/env'
import { CommandError, EXIT_CODE } from '../exit-code.ts'
import { readyBanner } from './banner.ts'
import { composeStack, type EmbeddedDatabase, type Stack } from './compose-stack.ts'
import { openControlServer } from './control-server.ts'
import { type DataFolder, openDataFolder } from './data-folder.ts'
import { awaitLeftBehind } from './left-behind.ts'
import { createPartOutput, type PartOutput, type Terminal } from './output.ts'
import { type PartSpec, selectParts } from './parts.ts'
import { type DevSettings, parseDevSettings } from './settings.ts'
import { withoutPassword } from './status.ts'
import { stopSignal } from './stop-signal.ts'
import { PartStartError, type Supervisor } from './supervisor.ts'
import { LOCK_FILE, type SupervisorLock, type SupervisorRecord, takeSupervisorLock } from './supervisor-lock.ts'

export type DevOptions = {
  projectDir: string
  dataDir: string
  /** Deletes what is in the data folder first. */
  reset: boolean
  withDashboard: boolean
  /** The environment with `.env` beneath it. */
  env: Env
  /** What the parts inherit; they read `.env` themselves. */
  processEnv: Env
  parts: readonly PartSpec[]
  terminal: Terminal
  database: EmbeddedDatabase
  /** Brings the database to the schema of this program. Waits for a database that is not ours. */
  migrate: (url: string, isOurs: boolean, stopping: AbortSignal, output: PartOutput) => Promise<void>
}

/**
 * Runs the stack until a signal ends it. Resolves when everything has been stopped in order, also after an interrupted start.
 * @throws {CommandError} when the stack cannot be started; what was started has been stopped then
 * @throws {ConfigError} when settings are wrong
 */
export async function runDev(options: DevOptions): Promise<void> {
  const startedMs = performance.now()
  const output = createPartOutput(options.terminal)
  const specs = selectParts(options.parts, options)
  const settings = parseDevSettings(options.env, specs)
  const folder = openDataFolder(options.dataDir)
  const databaseDir = path.join(folder.path, 'postgres')
  const stack = composeStack(options, { output, specs, settings, databaseDir })
  const { supervisor } = stack
  process.once('exit', supervisor.kill)
  const stopping = stopSignal(output.say, supervisor.kill)

  // Closed in reverse: processes and database, then the lock, then the channel.
  await using resources = new AsyncDisposableStack()
  const control = resources.use(await openControlServer(supervisor))
  const { lock, leftBehind } = takeFolder(folder, control)
  resources.defer(lock.release)
  stack.onProcesses(lock.recordProcesses)
  await awaitLeftBehind(leftBehind, output.say, stopping)
  if (options.reset && !stopping.aborted) {
    await options.database.delete(databaseDir, output.say)
    folder.wipe([LOCK_FILE])
    output.say(`deleted all data in ${folder.path}`)
  }
  if (stopping.aborted) return
  await stack.choosePorts()

  resources.defer(supervisor.stop)
  await start(supervisor, options, { settings, stack, output, stopping })
  if (stopping.aborted) return
  const { processes } = await supervisor.status()
  const late = processes.filter(({ state }) => state !== 'ready').map(({ name }) => name)
  output.print(banner(stack, { settings, startedMs, late }))
  if (!stopping.aborted) await once(stopping, 'abort')
}

type Start = { settings: DevSettings; stack: Stack; output: PartOutput; stopping: AbortSignal }

async function start(
  supervisor: Supervisor,
  options: DevOptions,
  { settings, stack, output, stopping }: Start,
): Promise<void> {
  try {
    await supervisor.startDatabase(stopping)
    const url = stack.databaseUrl()
    if (url === null || stopping.aborted) return
    await options.migrate(url, settings.databaseUrl === null, stopping, output)
    if (stopping.aborted) return
    const waiting = setInterval(() => void sayWaiting(supervisor, output), 15_000)
    await supervisor.startProcesses(stopping).finally(() => clearInterval(waiting))
  } catch (error) {
    if (!(error instanceof PartStartError)) throw error
    throw error.reason === null
      ? new CommandError(`${error.message}: it refuses its settings, see its lines above`, EXIT_CODE.usage)
      : new CommandError(toAdvice(error.reason), EXIT_CODE.failed, { cause: error })
  }
}

async function sayWaiting(supervisor: Supervisor, output: PartOutput): Promise<void> {
  const { processes } = await supervisor.status()
  const late = processes.filter(({ state }) => state !== 'ready').map(({ name, state }) => `${name} (${state})`)
  if (late.length > 0) output.say(`still waiting for ${late.join(', ')}`)
}

/** PostgreSQL's own words may have several lines; whoever starts something gets one, with what to do. */
function toAdvice(reason: string): string {
  const line = reason.trim().replaceAll(/\s*\n\s*/g, ' | ')
  if (line.includes('--reset')) return line
  return `${line}: mend that, name another folder with --data DIR, or start anew with --reset, which deletes the data`
}

function takeFolder(
  folder: DataFolder,
  { port, token }: SupervisorRecord['control'],
): { lock: SupervisorLock; leftBehind: SupervisorRecord['processes'] } {
  const outcome = takeSupervisorLock(folder.path, { port, token })
  if (outcome.type === 'taken') return { lock: outcome.lock, leftBehind: outcome.leftBehind?.processes ?? [] }
  throw new CommandError(
    `a stack runs on ${folder.path} already (pid ${outcome.pid}): see \`npx sluice dev status\`, or name another folder with --data DIR`,
    EXIT_CODE.failed,
  )
}

type BannerParts = { settings: DevSettings; startedMs: number; late: readonly string[] }

function banner(stack: Stack, { settings, startedMs, late }: BannerParts): string {
  return readyBanner({
    addresses: stack.addresses(),
    databaseText:
      settings.databaseUrl === null
        ? `embedded, data in ${stack.databaseDir()}`
        : withoutPassword(settings.databaseUrl),
    kafkaBrokers: settings.kafkaBrokers,
    usesRedis: settings.usesRedis,
    usesDemoKeys: settings.usesDemoKeys,
    hasAdminToken: settings.hasAdminToken,
    late,
    tookMs: performance.now() - startedMs,
    exampleId: `hello-${randomBytes(3).toString('hex')}`,
    now: new Date(),
  })
}
