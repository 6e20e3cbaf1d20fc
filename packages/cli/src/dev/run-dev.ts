import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import type { EmbeddedPostgres } from '@sluice/runtime/embedded-postgres'
import type { Env } from '@sluice/runtime/env'
import { CommandError, EXIT_CODE } from '../exit-code.ts'
import { readyBanner } from './banner.ts'
import { createChildProcessPart } from './child-process-part.ts'
import { openControlServer } from './control-server.ts'
import { type DataFolder, openDataFolder, resetData } from './data-folder.ts'
import { awaitLeftBehind } from './left-behind.ts'
import { createPartOutput, type PartOutput, type Terminal } from './output.ts'
import { createPart, type Part, type PartChange, type PartDriver } from './part.ts'
import { partNews } from './part-news.ts'
import { type PartSpec, selectParts } from './parts.ts'
import { choosePorts } from './ports.ts'
import { createPostgresPart } from './postgres-part.ts'
import { identityOf } from './process-identity.ts'
import { type DevSettings, listenHost, originOf, parseDevSettings, partEnv } from './settings.ts'
import { withoutPassword } from './status.ts'
import { stopSignal } from './stop-signal.ts'
import { createSupervisor, PartStartError, type Supervisor } from './supervisor.ts'
import { type SupervisorLock, type SupervisorRecord, takeSupervisorLock } from './supervisor-lock.ts'

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
  openDatabase: (dataDir: string, port: number | null, output: PartOutput) => Promise<EmbeddedPostgres>
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
  const stack = composeStack(options, { output, specs, settings, folder })
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
  if (options.reset && !stopping.aborted) await resetData(folder, output.say)
  if (stopping.aborted) return
  await stack.choosePorts()

  resources.defer(supervisor.stop)
  await start(supervisor, options, { settings, stack, output, stopping })
  if (stopping.aborted) return
  output.print(banner(stack, { settings, specs, folder, startedMs }))
  await once(stopping, 'abort')
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
      : new CommandError(oneLine(error.reason), EXIT_CODE.failed, { cause: error })
  }
}

async function sayWaiting(supervisor: Supervisor, output: PartOutput): Promise<void> {
  const { processes } = await supervisor.status()
  const late = processes.filter(({ state }) => state !== 'ready').map(({ name, state }) => `${name} (${state})`)
  if (late.length > 0) output.say(`still waiting for ${late.join(', ')}`)
}

/** The first line of a text and its last, where PostgreSQL's own log ends with the reason. */
function oneLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.length > 1 ? `${lines[0]} ${lines.at(-1)}` : text
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

/** The parts wired together, nothing started. */
type Stack = {
  supervisor: Supervisor
  ports: ReadonlyMap<string, number>
  databaseUrl: () => string | null
  choosePorts(): Promise<void>
  onProcesses(record: SupervisorLock['recordProcesses']): void
}

type StackParts = { output: PartOutput; specs: readonly PartSpec[]; settings: DevSettings; folder: DataFolder }

function composeStack(options: DevOptions, { output, specs, settings, folder }: StackParts): Stack {
  const ports = new Map(settings.ports)
  let recordProcesses: SupervisorLock['recordProcesses'] = () => {}
  const onChange = (change: PartChange) => {
    const news = partNews(change)
    if (news !== null) output.say(news)
    recordProcesses(identities(database === null ? processes : [database, ...processes]))
  }
  const postgres =
    settings.databaseUrl === null
      ? createPostgresPart(async (port) => {
          const opened = await options.openDatabase(folder.path, port, output)
          folder.recordDatabaseDir(opened.dataDir)
          return opened
        })
      : null
  const databaseUrl = () => settings.databaseUrl ?? postgres?.url ?? null
  const database = postgres === null ? null : createPart({ driver: postgres, onChange })
  const processes = specs.map((spec) => createPart({ driver: driverOf(spec), onChange }))

  function driverOf(spec: PartSpec): PartDriver {
    return createChildProcessPart({
      name: spec.name,
      entry: path.resolve(options.projectDir, spec.entry),
      args: spec.args,
      cwd: options.projectDir,
      env: () => partEnv(options.processEnv, settings, specs, { ports, databaseUrl: databaseUrl() }),
      port: () => ports.get(spec.name) ?? spec.defaultPort,
      readyUrl: () => originOf(settings, spec, ports.get(spec.name) ?? spec.defaultPort) + spec.readyPath,
      output,
    })
  }

  return {
    supervisor: createSupervisor({ database, processes, databaseUrl }),
    ports,
    databaseUrl,
    async choosePorts() {
      const wanted = specs.map((spec) => ({
        name: spec.name,
        setting: spec.portSetting,
        host: listenHost(settings, spec),
        port: ports.get(spec.name) ?? spec.defaultPort,
      }))
      for (const [name, port] of await choosePorts(wanted)) ports.set(name, port)
    },
    onProcesses(record) {
      recordProcesses = record
    },
  }
}

function identities(parts: readonly Part[]): SupervisorRecord['processes'] {
  return parts.flatMap((part) => {
    const { pid, name } = part.status()
    const identity = pid === null ? null : identityOf(pid)
    return pid === null || identity === null ? [] : [{ name, pid, identity }]
  })
}

type BannerParts = { settings: DevSettings; specs: readonly PartSpec[]; folder: DataFolder; startedMs: number }

function banner(stack: Stack, { settings, specs, folder, startedMs }: BannerParts): string {
  return readyBanner({
    origins: new Map(
      specs.map((spec) => [spec.name, originOf(settings, spec, stack.ports.get(spec.name) ?? spec.defaultPort)]),
    ),
    databaseText:
      settings.databaseUrl === null
        ? `embedded, data in ${folder.databaseDir()}`
        : withoutPassword(settings.databaseUrl),
    usesDemoKeys: settings.usesDemoKeys,
    hasAdminToken: settings.hasAdminToken,
    tookMs: performance.now() - startedMs,
    exampleId: `hello-${randomBytes(3).toString('hex')}`,
    now: new Date(),
  })
}
