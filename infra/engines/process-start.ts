import { spawnSync } from 'node:child_process'

/** When the process began, in the words of `ps`: tells one life of a pid from another. Null when there is no such process. */
export function processStart(pid: number): string | null {
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  })
  return stdout?.trim() || null
}
