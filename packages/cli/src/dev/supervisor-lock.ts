import { randomUUID } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { moveLockFileAway, readLockFile, takeLockFile } from '@sluice/runtime/lock-file'
import { identityOf, isAlive, type ProcessIdentity } from '@sluice/runtime/process-identity'

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

/** Its token opens the control channel. */
const OWN_USER_ONLY = 0o600

/**
 * Takes the data folder for this process. Who finds the lock of a dead process moves it out of the way and tries again.
 */
export function takeSupervisorLock(dataDir: string, control: SupervisorRecord['control']): LockOutcome {
  const mine: SupervisorRecord = {
    supervisor: { pid: process.pid, identity: identityOf(process.pid) ?? '' },
    control,
    processes: [],
  }
  const file = path.join(dataDir, LOCK_FILE)
  let leftBehind: SupervisorRecord | null = null
  for (;;) {
    if (takeLockFile(file, textOf(mine), OWN_USER_ONLY))
      return { type: 'taken', lock: lockOf(dataDir, mine), leftBehind }
    const seen = readLockFile(file)
    const holder = seen === null ? null : parseRecord(seen)
    if (holder !== null && isAlive(holder.supervisor)) return { type: 'held', pid: holder.supervisor.pid }
    if (seen !== null && moveLockFileAway(file, seen)) leftBehind = holder ?? leftBehind
  }
}

/** The record in the data folder, of a living supervisor or a dead one; null when there is none that can be read. */
export function readSupervisorRecord(dataDir: string): SupervisorRecord | null {
  const text = readLockFile(path.join(dataDir, LOCK_FILE))
  return text === null ? null : parseRecord(text)
}

const textOf = (record: SupervisorRecord) => `${JSON.stringify(record)}\n`

/** Null for what is not a record. */
function parseRecord(text: string): SupervisorRecord | null {
  try {
    const record: unknown = JSON.parse(text)
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

function lockOf(dataDir: string, mine: SupervisorRecord): SupervisorLock {
  const isMine = () => readSupervisorRecord(dataDir)?.control.token === mine.control.token
  return {
    recordProcesses(processes) {
      // A folder that was deleted under us is no reason to die: the stack runs, only `dev status` cannot find it.
      if (!isMine()) return
      try {
        const file = path.join(dataDir, LOCK_FILE)
        const finished = `${file}.${randomUUID()}`
        writeFileSync(finished, textOf({ ...mine, processes }), { mode: OWN_USER_ONLY, flag: 'wx' })
        renameSync(finished, file)
      } catch {
        // Nor is a full disk: the old list stays, and only a start after a kill -9 would miss whom to wait for.
      }
    },
    release() {
      if (isMine()) rmSync(path.join(dataDir, LOCK_FILE))
    },
  }
}
