import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { sqlStateOf } from '../sql-state.ts'
import { clusterOf, DATABASE, SERVER_ENV, SUPERUSER } from './cluster.ts'
import { EmbeddedPostgresError } from './embedded-errors.ts'
import { clearRemains, killAll, sendSignal } from './leftovers.ts'
import { findServerProcesses } from './process-facts.ts'
import type { RunAs } from './run-as.ts'

export type ServerExit = { expected: boolean; reason: string }

export type RunningServer = {
  url: string
  port: number
  pid: number
  /** Settles once, when the server has ended. */
  exited: Promise<ServerExit>
  stop: () => Promise<void>
}

type Start = { folder: string; binDir: string; user: RunAs; port: number; password: string }

/** Recovery after a crash replays at most `max_wal_size`: seconds. A slow disk gets the rest. */
const READY_LIMIT_MS = 120_000
const PAUSE_MS = 10
/** Together below the 15 s in which a supervisor must be gone. */
const FAST_LIMIT_MS = 5_000
const IMMEDIATE_LIMIT_MS = 6_000 // the postmaster itself kills what has not heard SIGQUIT after 5 s
const MAX_LOG_BYTES = 10 * 1024 * 1024

/** Starts the postmaster of a prepared cluster and waits until it answers a query. */
export async function startServer(start: Start): Promise<RunningServer> {
  const { folder, port, password } = start
  const child = spawnPostmaster(start)
  const state = { stopping: false }
  const ended = Promise.withResolvers<string>()
  child.on('error', (error) => ended.resolve(error.message))
  child.on('exit', (status, signal) => ended.resolve(signal ?? `status ${status}`))
  const exited = ended.promise.then(async (reason) => {
    // Backends outlive a postmaster that was killed for a moment, a stopped one for ever. They go before anyone may start anew.
    await clearRemains(clusterOf(folder)).catch(() => {})
    return { expected: state.stopping, reason }
  })
  const { pid } = child
  const stop = async () => {
    state.stopping = true
    if (pid !== undefined) await endServer(pid, clusterOf(folder), exited)
  }
  const url = `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/`
  try {
    await waitUntilReady(url, exited, folder)
    if (pid === undefined) throw new EmbeddedPostgresError('PostgreSQL has no process')
    return { url: `${url}${DATABASE}`, port, pid, exited, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** In a process group of its own: Ctrl-C in a terminal reaches the supervisor alone, which stops the database last. */
function spawnPostmaster({ folder, binDir, user }: Start): ChildProcess {
  const logFile = join(folder, 'postgres.log')
  if (existsSync(logFile) && statSync(logFile).size > MAX_LOG_BYTES) renameSync(logFile, `${logFile}.old`)
  const output = openSync(logFile, 'a', 0o600)
  if (user.ids.uid !== undefined) chownSync(logFile, user.ids.uid, user.ids.gid)
  const cluster = clusterOf(folder)
  // A file, not a pipe: the server outlives a supervisor that is killed, and would die of a pipe that nobody reads.
  const child = spawn(join(binDir, 'postgres'), ['-D', cluster], {
    ...user.ids,
    cwd: cluster,
    env: SERVER_ENV,
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  child.unref()
  return child
}

/** Asks until a query is answered: no line of its log says so in every language. */
async function waitUntilReady(url: string, exited: Promise<ServerExit>, folder: string): Promise<void> {
  let exit: ServerExit | undefined
  void exited.then((reason) => {
    exit = reason
  })
  const deadline = performance.now() + READY_LIMIT_MS
  for (;;) {
    const problem = await tryQuery(url)
    if (problem === null) return
    if (exit !== undefined || performance.now() > deadline) {
      const why = exit === undefined ? `did not answer within ${READY_LIMIT_MS / 1_000} s` : `ended with ${exit.reason}`
      const file = join(folder, 'postgres.log')
      const lastLines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-3).join(' | ')
      throw new EmbeddedPostgresError(`PostgreSQL in ${folder} ${why}. ${file} ends with: ${lastLines}`, {
        cause: problem,
      })
    }
    await sleep(PAUSE_MS)
  }
}

/** Null when the server answers and has our database, which the first start makes. */
async function tryQuery(url: string): Promise<unknown> {
  try {
    await queryOnce(`${url}${DATABASE}`, 'SELECT 1')
    return null
  } catch (error) {
    if (sqlStateOf(error) !== '3D000') return error
  }
  try {
    await queryOnce(`${url}postgres`, `CREATE DATABASE ${DATABASE}`)
    return null
  } catch (error) {
    return error
  }
}

async function queryOnce(connectionString: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000, query_timeout: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(text)
  } finally {
    await client.end().catch(() => {})
  }
}

/** Fast, then immediate, then by force. Over when `postmaster.pid` has vanished: until then a start would be refused. */
async function endServer(pid: number, cluster: string, exited: Promise<ServerExit>): Promise<void> {
  if (await isSettledWithin(exited, 0)) return
  // A stopped process hears nothing, so everybody would wait for it until the immediate shutdown.
  for (const { pid: stopped } of findServerProcesses(cluster).filter((one) => one.stopped))
    sendSignal(stopped, 'SIGCONT')
  sendSignal(pid, 'SIGINT') // we are its parent: until its exit has been told, nobody else gets its pid
  if (await isSettledWithin(exited, FAST_LIMIT_MS)) return
  sendSignal(pid, 'SIGQUIT')
  if (await isSettledWithin(exited, IMMEDIATE_LIMIT_MS)) return
  await killAll(cluster)
  await exited
}

async function isSettledWithin(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  const limit = new AbortController()
  const timer = sleep(limitMs, false, { signal: limit.signal }).catch(() => false)
  const isSettled = await Promise.race([promise.then(() => true), timer])
  limit.abort()
  return isSettled
}
