import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { loadEnv, readEnv } from '@sluice/runtime/env'
import { ConfigError } from '@sluice/runtime/errors'
import type { Logger } from '@sluice/runtime/logger'
import packageJson from '../package.json' with { type: 'json' }
import { createProgram, parseRequest } from './args.ts'
import { askPart, askStatus } from './dev/control-client.ts'
import { PARTS, selectParts } from './dev/parts.ts'
import { dataDirOf, parseDevSettings } from './dev/settings.ts'
import { NOTHING_RUNS, statusTable } from './dev/status.ts'
import { CommandError, EXIT_CODE } from './exit-code.ts'
import { spawnCommand } from './spawn-command.ts'
import type { ChangeRequest, KeysRequest, Request, SendRequest, TailRequest } from './verbs/request.ts'
import type { ReadRequest } from './verbs/run-read.ts'

const PROJECT_DIR = fileURLToPath(new URL('../../..', import.meta.url))

/** `docker compose up` and a start right after it: a database that is not ours may need a moment. */
const DATABASE_WAIT_MS = 15_000

// Whoever reads us may have seen enough: `| head` is no error.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
const write = (text: string): void => void process.stdout.write(text)
const tell = (line: string): void => void process.stderr.write(`sluice: ${line}\n`)
const env = () => loadEnv(process.env, PROJECT_DIR)
const dataDir = (flag: string | null) => dataDirOf(env(), flag, PROJECT_DIR, process.cwd())

/** Does what was asked and returns the exit code. */
async function run(request: Request): Promise<number> {
  switch (request.type) {
    case 'dev':
      return dev(request)
    case 'dev_status':
      return devStatus(request)
    case 'dev_change': {
      const status = await askPart(dataDir(request.dataDir), request.action, request.name)
      const state = status.processes.find(({ name }) => name === request.name)?.state
      tell(`${request.name} is ${state}`)
      return state === (request.action === 'stop' ? 'stopped' : 'ready') ? EXIT_CODE.done : EXIT_CODE.failed
    }
    case 'migrate':
      return migrate()
    case 'loadgen':
      return loadgen(request.args)
    case 'config':
      return config(request)
    case 'doctor':
      return doctor(request)
    case 'keys_new':
    case 'keys_create':
    case 'keys_ls':
    case 'keys_revoke':
      return keys(request)
    case 'send':
      return send(request)
    case 'tail':
      return tail(request)
    case 'dlq_check':
    case 'dlq_redrive':
    case 'dlq_dismiss':
    case 'redrives_show':
    case 'redrives_cancel':
      return change(request)
    case 'lag':
    case 'balance':
    case 'tenants_ls':
    case 'redrives_ls':
    case 'events_ls':
    case 'dlq_ls':
    case 'dlq_show':
    case 'trace':
      return read(request)
    case 'completion': {
      const { completionScript } = await import('./verbs/completion.ts')
      write(
        completionScript(
          request.shell,
          createProgram(packageJson.version, () => {}),
        ),
      )
      return EXIT_CODE.done
    }
    case 'text':
      write(request.stdout)
      process.stderr.write(request.stderr)
      return request.exitCode
    default:
      return request satisfies never
  }
}

async function dev(request: Extract<Request, { type: 'dev' }>): Promise<number> {
  // Loaded here, so that the quick commands do not pay for the database's driver.
  const { deleteEmbeddedPostgres, openEmbeddedPostgres } = await import('@sluice/runtime/embedded-postgres')
  const { migrateDatabase } = await import('./migrate-database.ts')
  const { runDev } = await import('./dev/run-dev.ts')
  await runDev({
    projectDir: PROJECT_DIR,
    dataDir: dataDir(request.dataDir),
    reset: request.reset,
    withDashboard: request.withDashboard,
    env: env(),
    processEnv: process.env,
    parts: PARTS,
    terminal: process,
    database: {
      open: (dir, port, say) =>
        openEmbeddedPostgres({ dataDir: dir, ...(port === null ? {} : { port }), log: databaseLog(say) }),
      delete: (dir, say) => deleteEmbeddedPostgres({ dataDir: dir, log: databaseLog(say) }),
    },
    migrate: async (url, isOurs, stopping, { say }) => {
      await migrateDatabase(url, { waitMs: isOurs ? 0 : DATABASE_WAIT_MS, stopping, say })
    },
  })
  return EXIT_CODE.done
}

/** What the embedded database has to say, as lines for people. */
function databaseLog(say: (line: string) => void): Pick<Logger, 'info' | 'warn'> {
  const write: Logger['info'] = (event, fields = {}) => {
    if (event === 'postgres.data_elsewhere')
      say(
        `PostgreSQL runs as ${fields.account}, who cannot reach ${fields.wanted}: the database is in ${fields.folder}`,
      )
    else say([event, ...Object.entries(fields).map(([name, value]) => `${name}=${value}`)].join(' '))
  }
  return { info: write, warn: write }
}

async function devStatus({ dataDir: flag, json }: Extract<Request, { type: 'dev_status' }>): Promise<number> {
  const dir = dataDir(flag)
  const status = await askStatus(dir)
  if (status === null)
    tell(`nothing runs on ${dir}: start it with \`npx sluice dev\`, or name its folder with --data DIR`)
  if (json) write(`${JSON.stringify(status ?? NOTHING_RUNS)}\n`)
  else if (status !== null) write(statusTable(status))
  return status?.ready === true ? EXIT_CODE.done : EXIT_CODE.failed
}

async function migrate(): Promise<number> {
  const read = readEnv(env())
  const url = read.url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'], secret: true })
  if (url === null)
    read.problem('DATABASE_URL must be set to the database that shall be migrated (`sluice dev` migrates its own)')
  const settings = read.finish({ url: url ?? '' })
  const { migrateDatabase } = await import('./migrate-database.ts')
  const applied = await migrateDatabase(settings.url, { waitMs: 0, say: tell })
  tell(applied.length === 0 ? 'nothing to apply: the database is up to date' : `applied ${applied.length}`)
  return EXIT_CODE.done
}

async function loadgen(args: readonly string[]): Promise<number> {
  const entry = path.join(PROJECT_DIR, 'packages/loadgen/src/main.ts')
  if (!existsSync(entry)) throw new CommandError('the load generator is not part of this checkout', EXIT_CODE.failed)
  return spawnCommand(entry, args)
}

/** What `config` and `doctor` look at: the parts as `sluice dev` would run them here. */
async function configParts() {
  const specs = selectParts(PARTS, { projectDir: PROJECT_DIR, withDashboard: false })
  const running = await askStatus(dataDir(null)).catch(() => null)
  return {
    projectDir: PROJECT_DIR,
    processEnv: process.env,
    env: env(),
    specs,
    settings: parseDevSettings(env(), specs),
    running,
    databaseUrl: running?.database_url ?? null,
  }
}

async function config({ json }: Extract<Request, { type: 'config' }>): Promise<number> {
  const { configReport, readConfig } = await import('./verbs/read-config.ts')
  const { settings, problems } = await readConfig(await configParts())
  for (const lines of problems.values()) for (const line of lines) tell(line)
  write(json ? `${JSON.stringify({ settings })}\n` : configReport(settings))
  return problems.size === 0 ? EXIT_CODE.done : EXIT_CODE.usage
}

async function doctor({ json }: Extract<Request, { type: 'doctor' }>): Promise<number> {
  const { doctorReport, runDoctor } = await import('./verbs/run-doctor.ts')
  const findings = await runDoctor({ ...(await configParts()), nodeVersion: process.versions.node })
  write(json ? `${JSON.stringify({ findings })}\n` : doctorReport(findings))
  return findings.some(({ state }) => state === 'fault') ? EXIT_CODE.failed : EXIT_CODE.done
}

async function openAdmin(adminUrl: string | null) {
  const { openAdminClient } = await import('./admin-client.ts')
  return openAdminClient(adminUrl, { env: env(), dataDir: dataDir(null) })
}

async function keys(request: KeysRequest): Promise<number> {
  const { runKeys } = await import('./verbs/run-keys.ts')
  const { stdout, talk, exitCode } = await runKeys(request, { env: env(), openAdmin })
  write(stdout)
  for (const line of talk) tell(line)
  return exitCode
}

async function send(request: SendRequest): Promise<number> {
  const { apiKeysOf, originOf } = await import('./origins.ts')
  const { runSend } = await import('./verbs/run-send.ts')
  const keys = apiKeysOf(env())
  const apiKey = request.tenant === null ? keys[0] : keys.find(({ tenant }) => tenant === request.tenant)
  if (apiKey === undefined)
    throw new CommandError(
      `API_KEYS has no key of ${JSON.stringify(request.tenant)}: add tenant:key to it`,
      EXIT_CODE.usage,
    )
  const body = await readBody(request.file)
  const origin = await originOf('ingest', { flag: request.url, env: env(), dataDir: dataDir(null) })
  const { stdout, exitCode } = await runSend({ request, body, origin, apiKey, say: tell })
  write(stdout)
  return exitCode
}

async function readBody(file: string | null): Promise<Buffer> {
  if (file === null && process.stdin.isTTY) throw new CommandError('name a file, or pipe an event in', EXIT_CODE.usage)
  try {
    return file === null ? await buffer(process.stdin) : readFileSync(file)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code
    throw new CommandError(`${file ?? 'standard input'} cannot be read (${reason})`, EXIT_CODE.usage, { cause: error })
  }
}

async function read(request: ReadRequest): Promise<number> {
  const { apiKeysOf } = await import('./origins.ts')
  const { runRead } = await import('./verbs/run-read.ts')
  const admin = await openAdmin(request.adminUrl)
  const tenants = [...new Set(apiKeysOf(env()).map(({ tenant }) => tenant))]
  const { stdout, talk, exitCode } = await runRead(request, admin, tenants)
  write(stdout)
  if (talk !== null) tell(talk)
  return exitCode
}

async function change(request: ChangeRequest): Promise<number> {
  const { runChange } = await import('./verbs/run-change.ts')
  const admin = await openAdmin(request.adminUrl)
  const readEdit = async (file: string) => (await readBody(file === '-' ? null : file)).toString()
  return runChange(request, { admin, readEdit, say: tell, write })
}

async function tail(request: TailRequest): Promise<number> {
  const { runTail } = await import('./verbs/run-tail.ts')
  const admin = await openAdmin(request.adminUrl)
  const enough = new AbortController()
  let closed = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => enough.abort())
  process.stdout.once('error', () => {
    closed = true
    enough.abort()
  })
  const exitCode = await runTail(request, { admin, enough: enough.signal, say: tell, write })
  return closed ? EXIT_CODE.done : exitCode
}

try {
  process.exitCode = await run(parseRequest(process.argv.slice(2), packageJson.version))
} catch (error) {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) tell(problem)
    process.exitCode = EXIT_CODE.usage
  } else if (error instanceof CommandError) {
    for (const line of error.message.split('\n')) tell(line)
    process.exitCode = error.exitCode
  } else throw error
}
