import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts'

/** What a supervisor writes about itself into its data folder, readable for its own user only: the token opens the control channel. */
export type SupervisorRecord = {
  supervisor: ProcessIdentity
  control: { port: number; token: string }
  /**
   * Its processes, without the database: the next supervisor waits for these when this one was killed. A database left behind does not leave by itself;
   * whoever opens its folder next ends it.
   */
  processes: readonly (ProcessIdentity & { name: string })[]
}

export type LockOutcome =
  | { type: 'taken'; lock: SupervisorLock; leftBehind: SupervisorRecord | null }
  | { type: 'held'; pid: number }

/** Held by the one supervisor of a data folder. */
export interface SupervisorLock {
  /** Replaces the list of processes. */
  recordProcesses(processes: SupervisorRecord['processes']): void
  /** Gives the data folder free. May be called twice. */
  release(): void
}

/** The lock's name in the data folder. */
export const LOCK_FILE = 'supervisor.json'

/**
 * Takes the data folder for this process. The lock is a file that appears with all its content in one step (a hard link to a finished one); who finds one
 * of a dead process moves it out of the way and tries again.
 */
export function takeSupervisorLock(dataDir: string, control: SupervisorRecord['control']): LockOutcome {
  const mine: SupervisorRecord = {
    supervisor: { pid: process.pid, identity: identityOf(process.pid) ?? '' },
    control,
    processes: [],
  }
  let leftBehind: SupervisorRecord | null = null
  for (;;) {
    if (appear(dataDir, mine)) return { type: 'taken', lock: lockOf(dataDir, mine), leftBehind }
    const holder = readSupervisorRecord(dataDir)
    if (holder !== null && isAlive(holder.supervisor)) return { type: 'held', pid: holder.supervisor.pid }
    leftBehind = moveAway(dataDir, holder) ?? leftBehind
  }
}

/** The record in the data folder, of a living supervisor or a dead one; null when there is none that can be read. */
export function readSupervisorRecord(dataDir: string): SupervisorRecord | null {
  return readRecord(path.join(dataDir, LOCK_FILE))
}

function readRecord(file: string): SupervisorRecord | null {
  try {
    const record: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isRecord(record) ? record : null
  } catch {
    return null
  }
}

function isRecord(value: unknown): value is SupervisorRecord {
  if (typeof value !== 'object' || value === null) return false
  const { supervisor, control, processes } = value as Record<string, Record<string, unknown> | undefined>
  return (
    typeof supervisor?.pid === 'number' &&
    typeof supervisor.identity === 'string' &&
    typeof control?.port === 'number' &&
    typeof control.token === 'string' &&
    Array.isArray(processes)
  )
}

function writeNew(dataDir: string, record: SupervisorRecord): string {
  const file = path.join(dataDir, `${LOCK_FILE}.${randomUUID()}`)
  writeFileSync(file, `${JSON.stringify(record)}\n`, { mode: 0o600, flag: 'wx' })
  return file
}

function appear(dataDir: string, record: SupervisorRecord): boolean {
  const finished = writeNew(dataDir, record)
  try {
    linkSync(finished, path.join(dataDir, LOCK_FILE))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(finished)
  }
}

/** Of several starts that saw the same dead record, one moves it; who moved a living one instead (it appeared in between) puts it back. */
function moveAway(dataDir: string, seen: SupervisorRecord | null): SupervisorRecord | null {
  const file = path.join(dataDir, LOCK_FILE)
  const aside = `${file}.${randomUUID()}`
  try {
    renameSync(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const moved = readRecord(aside)
  if (moved !== null && moved.control.token !== seen?.control.token) linkSync(aside, file)
  rmSync(aside)
  return moved
}

function lockOf(dataDir: string, mine: SupervisorRecord): SupervisorLock {
  const isMine = () => readSupervisorRecord(dataDir)?.control.token === mine.control.token
  return {
    recordProcesses(processes) {
      // A folder that was deleted under us is no reason to die: the stack runs, only `dev status` cannot find it.
      if (!isMine()) return
      try {
        renameSync(writeNew(dataDir, { ...mine, processes }), path.join(dataDir, LOCK_FILE))
      } catch {
        // Nor is a full disk: the old list stays, and only a start after a kill -9 would miss whom to wait for.
      }
    },
    release() {
      if (isMine()) rmSync(path.join(dataDir, LOCK_FILE))
    },
  }
}
