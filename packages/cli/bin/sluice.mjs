#!/usr/bin/env node
// Runs src/main.ts on the Node 24 that the project brings along. Plain JavaScript that Node 20 can run: `npx sluice` starts this file with whatever Node
// is on the machine, and that one may be unable to read TypeScript.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Oldest Node that may stand in where no Node 24 package exists for the platform (older ones crash on a header named `__proto__`). */
const OLDEST_NODE = [24, 14, 1]

function isNewEnough(version) {
  const parts = version.split('.').map(Number)
  const decisive = OLDEST_NODE.findIndex((wanted, index) => parts[index] !== wanted)
  return decisive === -1 || parts[decisive] > OLDEST_NODE[decisive]
}

/** Path of the Node to run, or null when there is none. */
function findNode() {
  const ours = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url))
  if (existsSync(ours)) return ours
  return isNewEnough(process.versions.node) ? process.execPath : null
}

const node = findNode()
if (node === null) {
  console.error(
    `sluice: needs Node ${OLDEST_NODE.join('.')} or newer, this is ${process.versions.node}: run \`npm ci\` in the project`,
  )
  process.exit(2)
}

const child = spawn(node, [fileURLToPath(new URL('../src/main.ts', import.meta.url)), ...process.argv.slice(2)], {
  stdio: 'inherit',
})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
// The terminal sends Ctrl-C to the child itself; passing it on as well would look like a second one.
process.on('SIGINT', () => {})
child.on('error', (error) => {
  console.error(`sluice: cannot start ${node}: ${error.message}`)
  process.exit(1)
})
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
})
