import { readdirSync, readFileSync } from 'node:fs'

/** Kernel ticks a second in `/proc/<pid>/stat`: USER_HZ, 100 on every Linux that we know of (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100

type Stat = { pid: number; parent: number; seconds: number }

/**
 * CPU seconds, user and system, that a process and everything below it have used since they were started, children that ended
 * included. Linux only. What a child used between its end and being waited for is in neither.
 */
export function cpuSecondsOf(pid: number): number {
  return treeOf(pid).reduce((sum, { seconds }) => sum + seconds, 0)
}

/** The process and everything below it. */
export const pidsOf = (pid: number): number[] => treeOf(pid).map((stat) => stat.pid)

function treeOf(pid: number): Stat[] {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? [])
  const tree = new Set([pid])
  for (let size = 0; size !== tree.size; ) {
    size = tree.size
    for (const stat of stats) if (tree.has(stat.parent)) tree.add(stat.pid)
  }
  return stats.filter((stat) => tree.has(stat.pid))
}

function readStat(pid: number): Stat | null {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return null // it has ended meanwhile
  }
  // After the name, which may hold anything, spaces and brackets included.
  const fields = text.slice(text.lastIndexOf(') ') + 2).split(' ')
  const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0)
  return { pid, parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND }
}

/** Resident memory of a process, without what is below it, in MiB. */
export function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) / 1_024
}

/**
 * What processes use from now on, by name.
 * @returns a function that tells the microseconds for each of `events`
 */
export function watchCpu(pids: Readonly<Record<string, number>>): (events: number) => Record<string, number> {
  const before = Object.entries(pids).map(([name, pid]) => ({ name, pid, seconds: cpuSecondsOf(pid) }))
  return (events) =>
    Object.fromEntries(
      before.map(({ name, pid, seconds }) => [name, ((cpuSecondsOf(pid) - seconds) * 1e6) / Math.max(1, events)]),
    )
}

/** How many files, sockets among them, a process has open. */
export function openFilesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}
