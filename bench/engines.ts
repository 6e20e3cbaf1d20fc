import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openKafka } from '@sluice/infra/engines/kafka-cluster'
import { openRedis } from '@sluice/infra/engines/redis-server'
import { openEmbeddedPostgres } from '@sluice/runtime/embedded-postgres'
import { eventually } from '@sluice/runtime/testing/eventually'
import pg from 'pg'
import { collectOutput } from './collect-output.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const QUIET = { info() {}, warn() {} }

export type StackKind = 'embedded' | 'full'

/** The engines under one stack, and the settings that name them to our processes. */
export type Engines = {
  settings: Record<string, string>
  /** By name, for CPU accounts. */
  pids: Record<string, number>
  databaseUrl: string
  /** An empty database with the tables of this checkout. */
  newDatabase(): Promise<string>
}

/**
 * Opens what a stack stands on. PostgreSQL syncs to disk as it does for users; what a bench without durability shows is
 * of no use to anybody.
 */
export async function openEngines(life: AsyncDisposableStack, kind: StackKind): Promise<Engines> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  // Within reach of the account that the server runs under: else its data would be elsewhere, and stay there.
  chmodSync(folder, 0o711)
  life.defer(() => rmSync(folder, { recursive: true, force: true }))
  const postgres = life.use(await openEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: QUIET }))
  let databases = 0
  const newDatabase = async () => {
    databases += 1
    const name = `bench_${databases}`
    await sql(postgres.url, `CREATE DATABASE ${name}`)
    const url = Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href
    await run('packages/cli/src/main.ts', ['migrate'], { DATABASE_URL: url })
    return url
  }
  const databaseUrl = await newDatabase()
  if (kind === 'embedded')
    return { settings: { DATABASE_URL: databaseUrl }, pids: { postgres: postgres.pid }, databaseUrl, newDatabase }

  const [kafka, redis] = await Promise.all([openKafka(), openRedis()])
  life.use(kafka)
  life.use(redis)
  const settings = {
    DATABASE_URL: databaseUrl,
    KAFKA_BROKERS: kafka.bootstrap,
    KAFKA_CREATE_TOPICS: 'true',
    REDIS_ADDR: redis.address,
  }
  const pids = { postgres: postgres.pid, kafka: kafka.brokers[0].pid ?? 0, redis: redis.pid ?? 0 }
  return { settings, pids, databaseUrl, newDatabase }
}

/** One statement on a connection of its own. */
export async function sql<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

/** How many records of the log the store has accounted for. */
export async function countSettled(url: string): Promise<number> {
  const [row] = await sql<{ n: string }>(
    url,
    'SELECT coalesce(sum(stored + dead_lettered + repeats), 0) AS n FROM settled_offsets',
  )
  return Number(row?.n)
}

const baseEnv = () => ({ PATH: process.env.PATH, HOME: process.env.HOME, LOG_LEVEL: 'info' })

/** Runs one of our programs to its end. @throws an Error with what it said when it fails */
export async function run(entry: string, args: readonly string[], env: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [join(root, entry), ...args], {
    env: { ...baseEnv(), ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = collectOutput(child)
  const [status] = await once(child, 'exit')
  if (status !== 0) throw new Error(`${entry} ended with ${status}: ${said()}`)
}

export type ProcessName = 'ingest' | 'processor' | 'admin'
export type Started = AsyncDisposable & { child: ChildProcess; pid: number; port: number; output(): string }

/** Begins one of our processes on a free port, without a limit that a bench would meet. It leaves when the channel closes: also when the bench breaks. */
export function spawnOurs(name: ProcessName, env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [join(root, `packages/${name}/src/main.ts`)], {
    env: {
      ...baseEnv(),
      [`${name.toUpperCase()}_PORT`]: '0',
      API_KEYS: 'tenant_a:key_a',
      RATE_LIMIT_PER_MIN: '1000000000',
      SHUTDOWN_DELAY: '0ms',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}

/** The same; resolves when it listens. */
export async function launch(name: ProcessName, env: Record<string, string>): Promise<Started> {
  const child = spawnOurs(name, env)
  const output = collectOutput(child)
  const port = await eventually(() => /"port":(\d+),"event":"http.listening"/.exec(output())?.[1], {
    message: `${name} listening`,
  }).catch((cause: unknown) => {
    throw new Error(`${name} does not start: ${output()}`, { cause })
  })
  return {
    child,
    pid: child.pid ?? 0,
    port: Number(port),
    output,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** The same; resolves when it is ready. */
export async function start(name: ProcessName, env: Record<string, string>): Promise<Started> {
  const started = await launch(name, env)
  await eventually(() => fetch(`http://127.0.0.1:${started.port}/readyz`).then(({ ok }) => ok), {
    pauseMs: 50,
    message: `${name} being ready`,
  }).catch((cause: unknown) => {
    throw new Error(`${name} is not ready: ${started.output()}`, { cause })
  })
  return started
}
