import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** One running process whose program is PostgreSQL. */
export type ServerProcess = { pid: number; stopped: boolean }

/** Linux tells of processes in files; elsewhere `ps` is asked. */
const HAS_PROC = process.platform === 'linux'

/**
 * What tells one life of a pid from another: its start time. Null when there is no such process, or only a zombie of it.
 */
export function processStart(pid: number): string | null {
  if (!HAS_PROC) return ps(['-o', 'lstart=', '-p', String(pid)]).trim() || null
  const stat = readStat(pid)
  return stat === null || stat.state === 'Z' || stat.state === 'X' ? null : stat.start
}

/**
 * The postmaster and backends that run in a cluster's folder, whoever started them. Told by program and working directory,
 * never by a remembered pid: pids come back as other programs. Zombies are not among them.
 */
export function findServerProcesses(cluster: string): ServerProcess[] {
  return HAS_PROC ? findByProc(cluster) : findByPs(cluster)
}

function findByProc(cluster: string): ServerProcess[] {
  const found: ServerProcess[] = []
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    // A program or folder that was replaced meanwhile is still read, with this mark.
    const exe = readLink(`/proc/${pid}/exe`)?.replace(/ \(deleted\)$/, '')
    if (exe === undefined || basename(exe) !== 'postgres') continue
    if (readLink(`/proc/${pid}/cwd`)?.replace(/ \(deleted\)$/, '') !== cluster) continue
    const state = readStat(pid)?.state
    if (state !== undefined) found.push({ pid, stopped: state === 'T' || state === 't' })
  }
  return found
}

/** The postmaster by its command line, the rest as its descendants; orphans of a dead one end by themselves. */
function findByPs(cluster: string): ServerProcess[] {
  const all = ps(['-axo', 'pid=,ppid=,stat=,command='])
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parent, stat = '', command = '']) => ({ pid: Number(pid), parent: Number(parent), stat, command }))
    .filter(({ stat }) => !stat.startsWith('Z'))
  const ours = new Set(all.filter(({ command }) => command.includes(`postgres -D ${cluster} `)).map(({ pid }) => pid))
  return all
    .filter(({ pid, parent }) => ours.has(pid) || ours.has(parent))
    .map(({ pid, stat }) => ({ pid, stopped: stat.startsWith('T') }))
}

function readStat(pid: number): { state: string; start: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // proc_pid_stat(5): the name, field 2, may hold anything, so fields are counted behind its closing bracket.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', start: fields[19] ?? '' }
  } catch {
    return null
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined // ended meanwhile, a zombie, or not ours to read
  }
}

const ps = (args: readonly string[]): string =>
  spawnSync('ps', args, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } }).stdout ?? ''
