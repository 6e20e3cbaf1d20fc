import { existsSync, writeFileSync } from 'node:fs'

/**
 * kill -9 of this very process, the first time that it gets here with `SABOTAGE_KILL_FILE` set; never again, for the file
 * stays. The process that is started after it goes on as if nothing were.
 */
export function killOnce(): void {
  const file = process.env.SABOTAGE_KILL_FILE
  if (file === undefined || existsSync(file)) return
  writeFileSync(file, '')
  process.kill(process.pid, 'SIGKILL')
}
