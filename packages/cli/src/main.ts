import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadEnv, readEnv } from '@sluice/runtime/env'
import { ConfigError } from '@sluice/runtime/errors'
import type { Logger } from '@sluice/runtime/logger'
import packageJson from '../package.json' with { type: 'json' }
import { parseRequest, type Request } from './args.ts'
import { askPart, askStatus } from './dev/control-client.ts'
import { PARTS } from './dev/parts.ts'
import { dataDirOf } from './dev/settings.ts'
import { NOTHING_RUNS, statusTable } from './dev/status.ts'
import { CommandError, EXIT_CODE } from './exit-code.ts'
import { spawnCommand } from './spawn-command.ts'

const PROJECT_DIR = fileURLToPath(new URL('../../..', import.meta.url))

/** `docker compose up` and a start right after it: a database that is not ours may need a moment. */
const DATABASE_WAIT_MS = 15_000

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
    case 'text':
      process.stdout.write(request.stdout)
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
  if (json) process.stdout.write(`${JSON.stringify(status ?? NOTHING_RUNS)}\n`)
  else if (status !== null) process.stdout.write(statusTable(status))
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
