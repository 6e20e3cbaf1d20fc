import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clusterOf } from '../embedded-postgres/cluster.ts'
import { endLeftovers } from '../embedded-postgres/leftovers.ts'
import { ownerState } from '../embedded-postgres/owner-lock.ts'
import { openEmbeddedPostgres } from '../embedded-postgres.ts'
import type { Logger } from '../logger.ts'

export interface TestPostgres extends AsyncDisposable {
  readonly url: string
}

const SILENT: Pick<Logger, 'info' | 'warn'> = { info() {}, warn() {} }
const PREFIX = 'sluice-test-postgres-'

/**
 * A throw-away PostgreSQL for tests: nothing synced, 200 connections, data in a new folder that is deleted at the end.
 * It ends with this process, also when that is killed.
 */
export async function openTestPostgres(): Promise<TestPostgres> {
  await sweep()
  const wanted = mkdtempSync(join(tmpdir(), PREFIX))
  const server = await openEmbeddedPostgres({ dataDir: wanted, log: SILENT, maxConnections: 200, throwAway: true })
  endWithUs(server.pid, [wanted, server.dataDir])
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server.stop()
      for (const folder of [wanted, server.dataDir]) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * A child that waits for the end of its input, which comes however this process ends, then ends the server and deletes its data.
 * In a group of its own, so that Ctrl-C leaves it to its work.
 */
function endWithUs(pid: number, folders: readonly string[]): void {
  const script = `read -r _; pid=$1; shift
kill -QUIT "$pid" 2>/dev/null
tries=0; while kill -0 "$pid" 2>/dev/null && [ $tries -lt 600 ]; do sleep 0.1; tries=$((tries + 1)); done
rm -rf -- "$@"`
  const watcher = spawn('/bin/sh', ['-c', script, 'sh', String(pid), ...folders], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.unref()
  // A pipe of a child is a socket: without this it would hold the process open.
  if ('unref' in watcher.stdin && typeof watcher.stdin.unref === 'function') watcher.stdin.unref()
}

/** Should the watcher have been killed too: what runs in a folder whose owner is dead is ended by the next start. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name)
    try {
      if (ownerState(folder) !== 'gone') continue // one without an owner is being made at this moment
      await endLeftovers(clusterOf(folder), SILENT)
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // Somebody else's, or being swept by another start.
    }
  }
}
