import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { CommandError, EXIT_CODE } from '../exit-code.ts'

/** Says that a folder is ours, so that `--reset` never deletes anybody else's. */
const MARKER = 'sluice-data.json'

type Marker = { kind: 'sluice data folder' }

/** Where a stack keeps its database and its lock. */
export interface DataFolder {
  readonly path: string
  /** Deletes everything in it but its marker and `keep`. */
  wipe(keep: readonly string[]): void
}

/**
 * Opens a data folder, which is made when it is absent.
 * @throws {CommandError} when it cannot be made, read or written, or holds something that is not ours
 */
export function openDataFolder(dir: string): DataFolder {
  try {
    // Open to all: PostgreSQL's own user passes through it. What is private in it has a mode of its own.
    mkdirSync(dir, { recursive: true, mode: 0o755 })
    const names = readdirSync(dir)
    if (names.length > 0 && !names.includes(MARKER))
      throw new CommandError(
        `${dir} is not empty and no data folder of Sluice: name another one with --data DIR`,
        EXIT_CODE.failed,
      )
    if (names.length === 0) writeMarker(dir)
    checkMarker(dir)
    accessSync(dir, constants.W_OK)
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError(
      `the data folder ${dir} cannot be used (${(error as Error).message}): mend that, or name another one with --data DIR`,
      EXIT_CODE.failed,
      { cause: error },
    )
  }
  return {
    path: dir,
    wipe(keep) {
      for (const name of readdirSync(dir))
        if (name !== MARKER && !keep.includes(name)) rmSync(path.join(dir, name), { recursive: true, force: true })
    },
  }
}

function writeMarker(dir: string): void {
  const marker: Marker = { kind: 'sluice data folder' }
  writeFileSync(path.join(dir, MARKER), `${JSON.stringify(marker)}\n`)
}

function checkMarker(dir: string): void {
  const marker: unknown = JSON.parse(readFileSync(path.join(dir, MARKER), 'utf8'))
  if (typeof marker !== 'object' || marker === null || !('kind' in marker) || marker.kind !== 'sluice data folder')
    throw new Error(`${MARKER} in it is not ours`)
}
