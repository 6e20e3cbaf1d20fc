#!/usr/bin/env node
// Brings what this checkout needs and hands over: `node scripts/bootstrap.mjs <script> [arguments]` runs <script> on the
// project's own Node. It stands in front of `npm start` and `npm test`, so it imports only `node:` modules and uses nothing
// newer than Node 20. With nothing to do it is silent. What it does it says on stderr, one line each.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stampFile = join(root, 'node_modules', '.sluice-installed')
const ownNode = join(root, 'node_modules', '.bin', 'node')
/** Older ones crash on a request header named `__proto__`. */
const OLDEST_NODE = [24, 14, 1]

const say = (line) => process.stderr.write(`sluice: ${line}\n`)

/** Tells one installation from another: what the lockfile asks for, on which kind of machine. */
function installStamp() {
  const lock = readFileSync(join(root, 'package-lock.json'))
  return createHash('sha256').update(lock).update(`${process.platform} ${process.arch}`).digest('hex')
}

function isInstalled(stamp) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
}

/** Installs exactly what the lockfile says. The stamp is written last, so an interrupted installation counts as none. */
function install(stamp) {
  say('installing the dependencies (about 0.5 GB on disk, a minute on a slow line) …')
  const startedAt = Date.now()
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, [process.env.npm_execpath]] : ['npm', []]
  const argv = [...npm[1], 'ci', '--no-audit', '--no-fund', '--loglevel=error']
  const result = spawnSync(npm[0], argv, { cwd: root, stdio: ['ignore', 2, 2] })
  if (result.status !== 0) {
    say(
      `npm ci failed (${result.error?.message ?? `status ${result.status}`}); mend what it names and run the same again`,
    )
    process.exit(1)
  }
  writeFileSync(stampFile, stamp)
  say(`installed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
}

function isNewEnough(version) {
  const parts = version.split('.').map(Number)
  const differing = OLDEST_NODE.findIndex((part, index) => part !== parts[index])
  return differing === -1 || parts[differing] > OLDEST_NODE[differing]
}

/** The Node that runs our TypeScript: the one installed with the project, else the one running, if it is new enough. */
function nodeForSluice() {
  if (existsSync(ownNode)) return ownNode
  if (isNewEnough(process.versions.node)) return process.execPath
  say(
    `no Node 24 comes with the project for ${process.platform} ${process.arch}: install Node ${OLDEST_NODE.join('.')} or newer and run the same again`,
  )
  process.exit(1)
}

const [script, ...args] = process.argv.slice(2)
if (script === undefined) {
  say('usage: node scripts/bootstrap.mjs <script> [arguments]')
  process.exit(2)
}
const stamp = installStamp()
if (!isInstalled(stamp)) install(stamp)

// Compiled once, not by every process at every start: a fifth of the time until the platform is ready.
const env = { NODE_COMPILE_CACHE: join(root, '.cache', 'node'), ...process.env }
const child = spawn(nodeForSluice(), [join(root, script), ...args], { stdio: 'inherit', env })
process.on('SIGTERM', () => child.kill('SIGTERM'))
// The terminal sends SIGINT to the whole process group: the child has it already and decides when to end.
process.on('SIGINT', () => {})
child.on('error', (error) => {
  say(`could not start ${script}: ${error.message}`)
  process.exit(1)
})
child.on('exit', (status, signal) => {
  process.exit(signal === null ? status : 128 + constants.signals[signal])
})
