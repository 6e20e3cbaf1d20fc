import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from '@sluice/runtime/free-port'
import pg from 'pg'
import { type Engine, EngineError } from './engine.ts'
import { openEngine } from './engine-process.ts'
import { findProgram } from './find-program.ts'

export type PostgresServer = Engine & {
  readonly port: number
  /** Of the database `postgres`, as its owner. */
  readonly url: string
  /** Makes an empty database and returns its URL. */
  createDatabase(name: string): Promise<string>
}

/** Two stacks of five processes with their pools, and the tests' own connections. */
const MAX_CONNECTIONS = 200

/** Only ends a hang: a database is made by copying files. */
const PATIENT = { connectionTimeoutMillis: 60_000, query_timeout: 120_000 }

/** Opens Debian's PostgreSQL on a free loopback port. As root it runs as `postgres`, since it refuses root. */
export async function openPostgres(): Promise<PostgresServer> {
  const initdb = findProgram('initdb', 'postgresql')
  const program = findProgram('postgres', 'postgresql')
  const ids = accountIds()
  const port = await findFreePort()
  const urlOf = (database: string) => `postgres://sluice@127.0.0.1:${port}/${database}`
  const url = urlOf('postgres')
  const data = (folder: string) => join(folder, 'data')
  const engine = await openEngine({
    name: 'postgres',
    ...(ids === undefined ? {} : { ids }),
    prepare(folder) {
      const args = ['-D', data(folder), '-U', 'sluice', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
      try {
        execFileSync(initdb, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder, ...ids })
      } catch (cause) {
        const { stderr } = cause as { stderr?: Buffer }
        throw new EngineError(`postgres cannot be prepared in ${folder}:\n${String(stderr).trim()}`, { cause })
      }
    },
    command: (folder) => ({
      program,
      args: [
        ...['-D', data(folder), '-p', String(port), '-c', 'listen_addresses=127.0.0.1'],
        ...['-c', `unix_socket_directories=${folder}`, '-c', `max_connections=${MAX_CONNECTIONS}`],
        // Its processes are killed by tests, the machine is not: what it wrote is in the kernel's hands.
        ...['-c', 'fsync=off', '-c', 'full_page_writes=off'],
      ],
    }),
    isReady: () => answersSelect(url),
    // Killed, it leaves its pid behind, which may be another process by now. All of this server's processes are gone here.
    clearRemains: (folder) => rmSync(join(data(folder), 'postmaster.pid'), { force: true }),
    // Fast shutdown: connections are ended, a checkpoint is written.
    stopSignal: 'SIGINT',
    // Immediate shutdown: unlike a killed one it takes its shared memory along.
    endSignal: 'SIGQUIT',
    startTimeoutMs: 180_000,
  })
  return Object.assign(engine, {
    port,
    url,
    async createDatabase(name: string) {
      await query(url, `CREATE DATABASE ${pg.escapeIdentifier(name)}`, PATIENT)
      return urlOf(name)
    },
  })
}

/** Whether the server at `url` answers `SELECT 1` within two seconds. */
export async function answersSelect(url: string): Promise<boolean> {
  try {
    await query(url, 'SELECT 1', { connectionTimeoutMillis: 2_000, query_timeout: 10_000 })
    return true
  } catch {
    return false // that is the answer
  }
}

async function query(url: string, text: string, limits: typeof PATIENT): Promise<void> {
  const client = new pg.Client({ connectionString: url, ...limits })
  // One that breaks while idle is seen by the next query.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(text)
  } finally {
    await client.end().catch(() => {})
  }
}

/** The account `postgres` when we are root, else undefined: our own. */
function accountIds(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'postgres')
  if (entry === undefined)
    throw new EngineError('PostgreSQL does not run as root and there is no account postgres: useradd postgres')
  return { uid: Number(entry[2]), gid: Number(entry[3]) }
}
