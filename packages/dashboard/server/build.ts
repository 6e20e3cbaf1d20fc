import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { moveLockFileAway, readLockFile, takeLockFile } from '@sluice/runtime/lock-file'
import { identityOf, isAlive, type ProcessIdentity } from '@sluice/runtime/process-identity'

const packageDir = path.resolve(import.meta.dirname, '..')
const root = path.resolve(packageDir, '../..')
const outDir = path.join(packageDir, '.next')
const stampFile = path.join(outDir, 'sluice-build')
const lockFile = path.join(packageDir, '.next.lock')

/** The server that `next build` makes. */
export const STANDALONE_SERVER = path.join(outDir, 'standalone/packages/dashboard/server.js')

/** What the build is made of. Whole packages, so that a new folder cannot be forgotten. */
const SOURCES = ['package-lock.json', 'packages/contract/src/**/*.ts', 'packages/dashboard/**/*.{ts,tsx,css,mjs,json}']

/** Tests, and what `next build` writes itself, which would make every first build look stale. */
const NOT_SOURCES = /\.test\.ts$|\/next-env\.d\.ts$/
/** What no page is made of: what is installed or built, the server around the build, the fake. */
const OTHER_FOLDERS = /(^|\/)(node_modules|\.next|server|fake-admin-api)$/

/** Everything the build is made of, from the root of the checkout. */
export const sourceFiles = (): string[] =>
  SOURCES.flatMap((pattern) => globSync(pattern, { cwd: root, exclude: (name) => OTHER_FOLDERS.test(name) }))
    .filter((file) => !NOT_SOURCES.test(file))
    .sort()

/** Tells one build from another: the bytes of everything it is made of. */
export function sourceStamp(): string {
  const hash = createHash('sha256').update(process.platform)
  for (const file of sourceFiles()) hash.update(`${file}\n`).update(readFileSync(path.join(root, file)))
  return hash.digest('hex')
}

export const isBuilt = (): boolean =>
  existsSync(STANDALONE_SERVER) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === sourceStamp()

/**
 * Builds the dashboard when its sources changed since the last build; resolves at once when they did not. Whoever comes while another process
 * builds waits for that build.
 * @param say one line for people
 * @throws an Error when the build fails; the build's own lines stand above it then
 */
export async function buildIfStale(say: (line: string) => void, stopping?: AbortSignal): Promise<void> {
  if (isBuilt()) return
  await withLock(async () => {
    if (isBuilt()) return
    const startedMs = performance.now()
    say('building the dashboard: once after each change, 15 to 40 s')
    // Written last, so that an interrupted build counts as none.
    rmSync(stampFile, { force: true })
    const stamp = sourceStamp()
    await runNextBuild(stopping)
    cpSync(path.join(outDir, 'static'), path.join(path.dirname(STANDALONE_SERVER), '.next/static'), { recursive: true })
    writeFileSync(stampFile, stamp)
    say(`built the dashboard in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`)
  }, stopping)
}

function runNextBuild(stopping?: AbortSignal): Promise<void> {
  const next = path.join(root, 'node_modules/next/dist/bin/next')
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [next, 'build'], {
      cwd: packageDir,
      env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(stopping === undefined ? {} : { signal: stopping }),
    })
    const lines: string[] = []
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => lines.push(chunk.toString()))
    child.on('error', reject)
    child.on('exit', (status) => {
      if (status === 0) return resolve()
      process.stderr.write(lines.join(''))
      reject(new Error(`next build ended with status ${status}`))
    })
  })
}

/** One build at a time in a checkout: two would write into the same folder. */
async function withLock(work: () => Promise<void>, stopping?: AbortSignal): Promise<void> {
  const mine = JSON.stringify({ pid: process.pid, identity: identityOf(process.pid) ?? '' })
  while (!takeLockFile(lockFile, mine)) {
    const holder = readLockFile(lockFile)
    if (holder !== null && !isHeld(holder)) moveLockFileAway(lockFile, holder)
    else await sleep(200, undefined, stopping === undefined ? {} : { signal: stopping })
  }
  try {
    await work()
  } finally {
    rmSync(lockFile, { force: true })
  }
}

/** A lock that cannot be read is nobody's. */
function isHeld(holder: string): boolean {
  try {
    return isAlive(JSON.parse(holder) as ProcessIdentity)
  } catch {
    return false
  }
}
