import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logger.ts'
import { EmbeddedPostgresError } from './embedded-errors.ts'
import { findServerProcesses } from './process-facts.ts'

/** A fast shutdown of an idle server takes some 50 ms, its checkpoint seconds when much was written. */
const FAST_LIMIT_MS = 5_000
/** After SIGKILL only the kernel has work left; a process that waits for a disk takes its time. */
const KILL_LIMIT_MS = 10_000
const PAUSE_MS = 10

/**
 * Ends what a killed supervisor left running in a cluster's folder and removes its `postmaster.pid`. Only the folder's owner
 * may call it. A stopped process is killed: it holds the shared memory for ever and would hear nothing else.
 */
export async function endLeftovers(cluster: string, log: Pick<Logger, 'warn'>): Promise<void> {
  const found = findServerProcesses(cluster)
  if (found.length > 0) {
    log.warn('postgres.leftovers_ended', { pids: found.map(({ pid }) => pid) })
    const postmaster = found.find(({ pid }) => pid === postmasterPid(cluster))
    const canEndInOrder = postmaster !== undefined && !found.some(({ stopped }) => stopped)
    if (canEndInOrder && sendSignal(postmaster.pid, 'SIGINT')) await waitUntilGone(cluster, FAST_LIMIT_MS)
  }
  await clearRemains(cluster)
}

/** Kills what still runs in the folder and removes its `postmaster.pid`. */
export async function clearRemains(cluster: string): Promise<void> {
  await killAll(cluster)
  // Whatever it names is no server of this folder: gone, another program, or a zombie, which PostgreSQL takes for alive.
  rmSync(join(cluster, 'postmaster.pid'), { force: true })
}

/** Kills every server process of the folder and waits until none is left. */
export async function killAll(cluster: string): Promise<void> {
  const deadline = performance.now() + KILL_LIMIT_MS
  for (;;) {
    const left = findServerProcesses(cluster)
    if (left.length === 0) return
    if (performance.now() > deadline) {
      const pids = left.map(({ pid }) => pid).join(', ')
      throw new EmbeddedPostgresError(
        `processes ${pids} of an earlier PostgreSQL in ${cluster} do not end: end them by hand`,
      )
    }
    for (const { pid } of left) sendSignal(pid, 'SIGKILL')
    await sleep(PAUSE_MS)
  }
}

async function waitUntilGone(cluster: string, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs
  while (performance.now() < deadline && findServerProcesses(cluster).length > 0) await sleep(PAUSE_MS)
}

/** The first line of `postmaster.pid`; null when there is no such file. */
export function postmasterPid(cluster: string): number | null {
  try {
    return Number.parseInt(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'), 10)
  } catch {
    return null
  }
}

/** False when the process has ended meanwhile. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}
