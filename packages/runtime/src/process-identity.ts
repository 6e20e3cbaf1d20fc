import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** A process, told from a later one that got the same pid. */
export type ProcessIdentity = { pid: number; identity: string }

/**
 * A text that stays the same while the process `pid` lives, and differs for any later process with that pid: its start time, and which boot of the machine.
 * Null when there is no such process, or only what is left of one that nobody waited for.
 */
export function identityOf(pid: number): string | null {
  return existsSync('/proc/self/stat') ? fromProc(pid) : fromPs(pid)
}

export function isAlive({ pid, identity }: ProcessIdentity): boolean {
  return identityOf(pid) === identity
}

function fromProc(pid: number): string | null {
  try {
    // The name in parentheses may hold anything; after it: state, 18 more fields, start time in ticks since boot (proc_pid_stat(5), fields 3 and 22).
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${fields[19]}`
  } catch {
    return null
  }
}

function fromPs(pid: number): string | null {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const [, state, startedAt] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout ?? '') ?? []
  return status === 0 && state?.startsWith('Z') === false && startedAt !== undefined ? startedAt : null
}
