import { randomUUID } from 'node:crypto'
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DataFolderInUseError } from './embedded-errors.ts'
import { processStart } from './process-facts.ts'

/** Held by the process that runs the database of a folder. */
export type OwnerLock = { release(): void }

type Owner = { pid: number; start: string | null; released: boolean }

const OWNER_FILE = /^owner\.(\d+)$/

/**
 * Takes a data folder for this process. The owner is the file `owner.N` with the highest N; whoever finds it dead or released
 * makes N + 1, which only one can. The highest is never removed, so a slow contender cannot come second and win too.
 * @throws {DataFolderInUseError} when the owner lives
 */
export function takeOwnership(folder: string): OwnerLock {
  for (;;) {
    const [current = 0, ...older] = generations(folder)
    for (const generation of older) rmSync(ownerFile(folder, generation), { force: true })
    const owner = current === 0 ? null : readOwner(ownerFile(folder, current))
    if (isAlive(owner)) throw new DataFolderInUseError(folder, owner.pid)
    const mine = ownerFile(folder, current + 1)
    if (place(mine, false)) return { release: () => void place(mine, true) }
  }
}

/** Whether a folder has an owner: none yet, a living one, or one that is dead or has let go. */
export function ownerState(folder: string): 'none' | 'alive' | 'gone' {
  const [current] = generations(folder)
  if (current === undefined) return 'none'
  return isAlive(readOwner(ownerFile(folder, current))) ? 'alive' : 'gone'
}

const isAlive = (owner: Owner | null): owner is Owner =>
  owner !== null && !owner.released && owner.start !== null && processStart(owner.pid) === owner.start

const ownerFile = (folder: string, generation: number) => join(folder, `owner.${generation}`)

const generations = (folder: string): number[] =>
  readdirSync(folder)
    .map((name) => Number(OWNER_FILE.exec(name)?.[1] ?? 0))
    .filter((generation) => generation > 0)
    .sort((a, b) => b - a)

/** Writes whole or not at all. A first claim fails when the file is there; a release replaces it. */
function place(file: string, released: boolean): boolean {
  const owner: Owner = { pid: process.pid, start: processStart(process.pid), released }
  const draft = `${file}.${randomUUID()}`
  try {
    writeFileSync(draft, JSON.stringify(owner), { mode: 0o600 })
    if (released) renameSync(draft, file)
    else linkSync(draft, file)
    return true
  } catch (error) {
    if (released) return false // the folder is gone: nothing is left to give back
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function readOwner(file: string): Owner | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner
  } catch {
    return null // removed meanwhile, or damaged: no living owner writes such a file
  }
}
