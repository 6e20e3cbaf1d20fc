import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clusterOf, prepareCluster, writeOwned, writeSettings } from './embedded-postgres/cluster.ts'
import { EmbeddedPostgresError } from './embedded-postgres/embedded-errors.ts'
import { endLeftovers } from './embedded-postgres/leftovers.ts'
import { takeOwnership } from './embedded-postgres/owner-lock.ts'
import { makePlace } from './embedded-postgres/place.ts'
import { chooseUser, type RunAs } from './embedded-postgres/run-as.ts'
import { findServerFiles } from './embedded-postgres/server-files.ts'
import { type RunningServer, startServer } from './embedded-postgres/server-process.ts'
import { findFreePort, isPortFree } from './free-port.ts'
import type { Logger } from './logger.ts'

export type EmbeddedPostgresOptions = {
  /** The folder that the database has for itself. It is made when absent; 0700 and the server's user's afterwards. */
  dataDir: string
  log: Pick<Logger, 'info' | 'warn'>
  /** Where it listens, on 127.0.0.1. Absent or 0: the port of the last start, or any free one when that is taken. */
  port?: number
  /** 60 unless given. */
  maxConnections?: number
  /** For tests alone: nothing is synced to disk, a crash of the machine may destroy the data. */
  throwAway?: boolean
}

/** A running PostgreSQL that is ours. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** With user, password and database. */
  readonly url: string
  readonly port: number
  /** The postmaster's. */
  readonly pid: number
  /** Where the data really is: elsewhere than asked for when the server's user could not reach that. */
  readonly dataDir: string
  readonly binDir: string
  /** Calls back once when the server has ended, asked to or not; at once when it has ended before. `expected` is true after `stop`. */
  onExit(callback: (exit: { expected: boolean; reason: string }) => void): void
  /** Ends the server in good order within some 11 s, whatever state it is in. May be called twice. */
  stop(): Promise<void>
}

/** Only its owner is asked for: the checkout. */
const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Starts PostgreSQL on a data folder, which it makes on first use; resolves when a query has been answered. What a killed
 * predecessor left running there is ended first. After an exit that was not asked for, call it again: same port, same URL.
 * @throws {DataFolderInUseError} when another living process runs this folder
 * @throws {DataFolderBrokenError} when the folder cannot be opened; nothing in it was changed
 * @throws {EmbeddedPostgresError} when it does not come up, or a `port` that was given is taken
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log } = options
  const user = chooseUser(CHECKOUT)
  const place = makePlace(dataDir, user, log)
  const { folder } = place
  const lock = takeOwnership(folder)
  try {
    const files = findServerFiles(user, place.spare, log)
    if (existsSync(clusterOf(folder))) await endLeftovers(clusterOf(folder), log)
    const password = await prepareCluster(folder, files, user)
    const server = await startOnPort(folder, files.binDir, user, password, options)
    void server.exited.then(() => lock.release())
    return toEmbeddedPostgres(server, folder, files.binDir)
  } catch (error) {
    lock.release()
    throw error
  }
}

/**
 * Deletes a database with all it holds, running leftovers included.
 * @throws {DataFolderInUseError} when a living process runs it
 */
export async function deleteEmbeddedPostgres({
  dataDir,
  log,
}: Pick<EmbeddedPostgresOptions, 'dataDir' | 'log'>): Promise<void> {
  const { folder } = makePlace(dataDir, chooseUser(CHECKOUT), log)
  takeOwnership(folder)
  await endLeftovers(clusterOf(folder), log)
  rmSync(folder, { recursive: true, force: true })
  if (folder !== dataDir) rmSync(dataDir, { recursive: true, force: true })
}

/** Between the check and the start somebody else may take a port that nobody asked for. */
const PORT_TRIES = 3

async function startOnPort(
  folder: string,
  binDir: string,
  user: RunAs,
  password: string,
  { port: wanted = 0, maxConnections = 60, throwAway = false, log }: EmbeddedPostgresOptions,
): Promise<RunningServer> {
  const portFile = join(folder, 'port')
  const last = existsSync(portFile) ? Number.parseInt(readFileSync(portFile, 'utf8'), 10) : null
  for (let tries = 1; ; tries++) {
    const port = await choosePort(wanted, last)
    if (last !== null && port !== last) log.warn('postgres.port_changed', { from: last, to: port })
    writeOwned(portFile, `${port}\n`, user)
    writeSettings(folder, user, { port, maxConnections, throwAway })
    try {
      return await startServer({ folder, binDir, user, port, password })
    } catch (error) {
      if (tries === PORT_TRIES || wanted !== 0 || (await isPortFree(port))) throw error
    }
  }
}

async function choosePort(wanted: number, last: number | null): Promise<number> {
  if (wanted === 0) return last !== null && (await isPortFree(last)) ? last : findFreePort()
  if (await isPortFree(wanted)) return wanted
  throw new EmbeddedPostgresError(`port ${wanted}, asked for by the settings, is taken on 127.0.0.1: choose another`)
}

function toEmbeddedPostgres(server: RunningServer, dataDir: string, binDir: string): EmbeddedPostgres {
  return {
    url: server.url,
    port: server.port,
    pid: server.pid,
    dataDir,
    binDir,
    onExit(callback) {
      void server.exited.then(callback)
    },
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
  }
}
