import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { EngineMissingError } from './engine.ts'

/** Where Debian puts servers that are not on everybody's PATH. */
const MORE_FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin']

/**
 * The path of an installed program.
 * @throws {EngineMissingError} with the Debian package that brings it
 */
export function findProgram(name: string, debianPackage: string): string {
  const folders = [...postgresFolders(), ...(process.env.PATH ?? '').split(delimiter), ...MORE_FOLDERS]
  const found = folders.map((folder) => join(folder, name)).find(isExecutable)
  if (found !== undefined) return found
  throw new EngineMissingError(`${name} is not installed: apt-get install -y --no-install-recommends ${debianPackage}`)
}

/** Debian keeps each major version of PostgreSQL in a folder of its own; the newest first. */
function postgresFolders(): string[] {
  const base = '/usr/lib/postgresql'
  try {
    return readdirSync(base)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(base, version, 'bin'))
  } catch {
    return [] // not installed that way
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // that is the answer
  }
}
