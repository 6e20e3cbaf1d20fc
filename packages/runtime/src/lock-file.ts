import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Takes a lock that is a file: it appears with all its content in one step, a hard link to a finished one, so that nobody reads half of it.
 * @param mode of the file, for content that is not for all
 * @returns false when the file is there already
 */
export function takeLockFile(file: string, content: string, mode = 0o666): boolean {
  const finished = `${file}.${randomUUID()}`
  writeFileSync(finished, content, { mode, flag: 'wx' })
  try {
    linkSync(finished, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(finished)
  }
}

/** What the lock says of its holder; null when there is none. */
export function readLockFile(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/**
 * Moves a lock out of the way whose holder is dead. Of several that saw the same one, one moves it; who moved another one instead, which
 * appeared in between, puts it back.
 * @param seen its content as it was judged
 * @returns whether it was moved by this call
 */
export function moveLockFileAway(file: string, seen: string): boolean {
  const aside = `${file}.${randomUUID()}`
  try {
    renameSync(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
  const isTheOne = readFileSync(aside, 'utf8') === seen
  if (!isTheOne) linkSync(aside, file)
  rmSync(aside)
  return isTheOne
}
