import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { clusterFolders } from '@sluice/runtime/embedded-postgres/cluster'
import { endLeftovers } from '@sluice/runtime/embedded-postgres/leftovers'
import { CommandError, EXIT_CODE } from '../exit-code.ts'
import { LOCK_FILE } from './supervisor-lock.ts'

/** Says that a folder is ours, so that `--reset` never deletes anybody else's. */
const MARKER = 'sluice-data.json'

/** `database_dir`: null when it is the folder itself. */
type Marker = { kind: 'sluice data folder'; database_dir: string | null }

/** Where a stack keeps its database and its lock. */
export interface DataFolder {
  readonly path: string
  /** Where the database lies, as far as it is known. */
  databaseDir(): string
  /** Remembers where the database really lies, which is elsewhere when PostgreSQL's user cannot reach this folder. */
  recordDatabaseDir(dir: string): void
  /** Deletes everything but `keep`, the database outside the folder included. */
  wipe(keep: readonly string[]): void
}

/** Deletes a stack's data. Its lock must be held; a database that a killed supervisor left running is ended first. */
export async function resetData(folder: DataFolder, say: (line: string) => void): Promise<void> {
  for (const dir of new Set([folder.path, folder.databaseDir()])) await endLeftovers(clusterFolders(dir).clusterDir)
  folder.wipe([LOCK_FILE])
  say(`deleted all data in ${folder.path}`)
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
    if (!names.includes(MARKER)) {
      if (names.length > 0)
        throw new CommandError(
          `${dir} is not empty and no data folder of Sluice: name another one with --data DIR`,
          EXIT_CODE.failed,
        )
      writeMarker(dir, { kind: 'sluice data folder', database_dir: null })
    }
    readMarker(dir)
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError(
      `the data folder ${dir} cannot be used (${(error as Error).message}): mend that, or name another one with --data DIR`,
      EXIT_CODE.failed,
      { cause: error },
    )
  }
  return dataFolder(dir)
}

function dataFolder(dir: string): DataFolder {
  return {
    path: dir,
    databaseDir: () => readMarker(dir).database_dir ?? dir,
    recordDatabaseDir: (databaseDir) =>
      writeMarker(dir, { kind: 'sluice data folder', database_dir: databaseDir === dir ? null : databaseDir }),
    wipe(keep) {
      const { database_dir: databaseDir } = readMarker(dir)
      if (databaseDir !== null) rmSync(databaseDir, { recursive: true, force: true })
      for (const name of readdirSync(dir))
        if (name !== MARKER && !keep.includes(name)) rmSync(path.join(dir, name), { recursive: true, force: true })
      writeMarker(dir, { kind: 'sluice data folder', database_dir: null })
    },
  }
}

function writeMarker(dir: string, marker: Marker): void {
  writeFileSync(path.join(dir, MARKER), `${JSON.stringify(marker)}\n`, { mode: 0o600 })
}

function readMarker(dir: string): Marker {
  const marker: unknown = JSON.parse(readFileSync(path.join(dir, MARKER), 'utf8'))
  if (typeof marker !== 'object' || marker === null || !('kind' in marker) || marker.kind !== 'sluice data folder')
    throw new Error(`${MARKER} in it is not ours`)
  const databaseDir = 'database_dir' in marker ? marker.database_dir : null
  return { kind: 'sluice data folder', database_dir: typeof databaseDir === 'string' ? databaseDir : null }
}
