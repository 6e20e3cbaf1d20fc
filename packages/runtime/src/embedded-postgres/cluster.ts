import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DataFolderBrokenError, EmbeddedPostgresError } from './embedded-errors.ts'
import type { RunAs } from './run-as.ts'
import type { ServerFiles } from './server-files.ts'

export const SUPERUSER = 'sluice'
export const DATABASE = 'sluice'

/** What PostgreSQL calls its data directory, within our data folder. */
export const clusterOf = (folder: string): string => join(folder, 'cluster')

/** No variable of ours reaches the server; without LC_ALL its messages would speak the machine's language. */
export const SERVER_ENV = { LC_ALL: 'C', PATH: '/usr/bin:/bin' }

/**
 * Makes the cluster with initdb when there is none, else checks that it is one that this server can open.
 * @returns the password of the superuser
 * @throws {DataFolderBrokenError} when the cluster is damaged or of another major version
 */
export async function prepareCluster(folder: string, files: ServerFiles, user: RunAs): Promise<string> {
  const passwordFile = join(folder, 'password')
  if (!existsSync(clusterOf(folder))) {
    if (!existsSync(passwordFile)) writeOwned(passwordFile, randomBytes(24).toString('base64url'), user)
    await initialise(folder, files, user, passwordFile)
  } else {
    checkCluster(folder, files, passwordFile)
  }
  return readFileSync(passwordFile, 'utf8').trim()
}

function checkCluster(folder: string, { version }: ServerFiles, passwordFile: string): void {
  const cluster = clusterOf(folder)
  const advice =
    'put back a copy of it, choose another data folder, or start anew with --reset, which deletes what it holds'
  if (!existsSync(join(cluster, 'PG_VERSION')) || !existsSync(join(cluster, 'global', 'pg_control'))) {
    throw new DataFolderBrokenError(`${cluster} is not a whole PostgreSQL data folder: ${advice}`)
  }
  const major = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim()
  const ours = version.split('.')[0]
  if (major !== ours) {
    throw new DataFolderBrokenError(`${cluster} was made by PostgreSQL ${major}, this is ${ours}: ${advice}`)
  }
  if (!existsSync(passwordFile)) throw new DataFolderBrokenError(`${passwordFile} is missing: ${advice}`)
}

/** Made aside and renamed: a start that was killed half-way leaves nothing that looks like a cluster. */
async function initialise(folder: string, { binDir }: ServerFiles, user: RunAs, passwordFile: string): Promise<void> {
  const draft = join(folder, 'cluster.new')
  rmSync(draft, { recursive: true, force: true })
  const options = ['--username', SUPERUSER, '--pwfile', passwordFile, '--auth', 'scram-sha-256', '--encoding', 'UTF8']
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const child = spawn(join(binDir, 'initdb'), ['-D', draft, ...options, ...locale], {
    ...user.ids,
    cwd: folder,
    env: SERVER_ENV,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  const status = await promise
  if (status !== 0) throw new EmbeddedPostgresError(`initdb failed in ${folder} with status ${status}: ${said.trim()}`)
  const main = join(draft, 'postgresql.conf')
  writeFileSync(main, `${readFileSync(main, 'utf8')}\ninclude 'sluice.conf'\n`)
  writeOwned(join(draft, 'sluice.conf'), '', user)
  renameSync(draft, clusterOf(folder))
}

export type ServerSettings = {
  port: number
  maxConnections: number
  /** For tests whose data may vanish with the machine: nothing is synced. */
  throwAway: boolean
}

/** Our settings, in a file of their own that is written anew at each start (performance.md 6). */
export function writeSettings(folder: string, user: RunAs, { port, maxConnections, throwAway }: ServerSettings): void {
  const settings: Record<string, string | number> = {
    listen_addresses: "'127.0.0.1'",
    port,
    unix_socket_directories: "''", // its path may be longer than the 107 bytes that a socket's may have
    max_connections: maxConnections,
    shared_buffers: "'128MB'",
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: "'1GB'",
    checkpoint_timeout: "'15min'",
    autovacuum_naptime: "'10s'",
    jit: 'off',
    max_parallel_workers: 0,
    max_parallel_workers_per_gather: 0,
    max_parallel_maintenance_workers: 0,
    // 202 means COMMIT: on disk, as far as the disk keeps its word.
    fsync: throwAway ? 'off' : 'on',
    synchronous_commit: throwAway ? 'off' : 'on',
    full_page_writes: throwAway ? 'off' : 'on',
    timezone: "'UTC'",
    log_timezone: "'UTC'",
    // What the server itself does, never a failed statement: its text and detail hold row values.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  writeOwned(
    join(clusterOf(folder), 'sluice.conf'),
    `# Written at each start; changes are lost.\n${lines.join('\n')}\n`,
    user,
  )
}

export function writeOwned(file: string, text: string, user: RunAs): void {
  writeFileSync(file, text, { mode: 0o600 })
  if (user.ids.uid !== undefined) chownSync(file, user.ids.uid, user.ids.gid)
}
