import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openDashboard } from '../browser/dashboard.ts'
import { inheritedEnv, openSluiceDev } from '../sluice-dev.ts'
import { commandsOf, type ReadmeCommand } from './readme-commands.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** A shell in which the README's commands meet this stack. */
type Terminal = { start(command: string): ChildProcess; run(command: string): Promise<string> }

/** The embedded platform with its dashboard. What differs from a reader's own are ports and the folder of the data, and those are told apart here only. */
async function openTerminal(t: TestContext): Promise<Terminal> {
  const life = new AsyncDisposableStack()
  t.after(() => life.disposeAsync())
  const { dataDir, first } = await openSluiceDev(t, life, {})
  const portOf = (part: string) => String(first.processes.find(({ name }) => name === part)?.port)
  const [ingest, admin] = [portOf('ingest'), portOf('admin')]
  const { url } = life.use(await openDashboard({ adminUrl: `http://127.0.0.1:${admin}` }))
  const env = { ...inheritedEnv(), INGEST_PORT: ingest, ADMIN_PORT: admin, SLUICE_DATA_DIR: dataDir }
  const here = (command: string) =>
    command
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${ingest}`)
      .replaceAll('127.0.0.1:8081', `127.0.0.1:${admin}`)
      .replaceAll('http://127.0.0.1:3000', url)
  const start = (command: string) =>
    spawn('sh', ['-c', here(command)], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  return {
    start(command) {
      const child = start(command)
      life.defer(() => end(child))
      return child
    },
    async run(command) {
      const child = start(command)
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (chunk: Buffer) => {
          output += chunk.toString()
        })
      await once(child, 'close')
      return output
    },
  }
}

/** As Ctrl-C in its terminal. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  process.kill(-child.pid, 'SIGINT')
  await gone
}

/**
 * What may be done again is done until it is so, as a reader does: an event needs a moment on its way, and one that is sent again with
 * its key is the same event, should a busy machine have answered 503 or without its gate.
 */
const MAY_BE_REPEATED = /^(curl|npx sluice trace) [^|]*$/

async function proves(terminal: Terminal, step: ReadmeCommand): Promise<void> {
  let output = ''
  const isSo = async () => {
    output = await terminal.run(step.command)
    return step.holds.every((text) => output.includes(text))
  }
  const said = () =>
    `${step.command}\nis said to hold ${JSON.stringify(step.holds)}, and said:\n${output.slice(-4_000)}`
  if (!MAY_BE_REPEATED.test(step.command)) return assert.ok(await isSo(), said())
  await eventually(isSo, { pauseMs: 200 }).catch((error: unknown) => {
    throw new Error(said(), { cause: error })
  })
}

test('the commands of the README do what it says', { timeout: 900_000 }, async (t) => {
  const terminal = await openTerminal(t)

  await t.test('the first event', async () => {
    const steps = commandsOf(README, 'Your first event')
    assert.equal(steps.length, 6)
    for (const step of steps) await proves(terminal, step)
  })

  await t.test('the stop of the processor', async () => {
    const [stack, traffic, ...steps] = commandsOf(README, 'See it hold: stop the processor')
    assert.equal(stack?.command, 'npm start')
    assert.match(traffic?.command ?? '', /^npm run loadgen /)
    const generator = terminal.start(traffic?.command ?? '')
    assert.equal(steps.length, 4)
    for (const step of steps) await proves(terminal, step)
    await end(generator)
  })

  await t.test('the eight points', async () => {
    const points = README.match(/^# \d\. /gm)
    const steps = commandsOf(README, 'What it accepts as done')
    assert.equal(points?.length, 8)
    assert.equal(steps.length, 8)
    for (const step of steps) {
      assert.ok(step.holds.length > 0, step.command)
      await proves(terminal, step)
    }
  })
})
