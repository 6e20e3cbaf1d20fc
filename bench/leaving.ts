// How does each process leave, and what does it say last?
//   node_modules/.bin/node bench/leaving.ts [--stack full]
// Ingest, processor and admin, each started anew for every way to leave; ingest and processor under load where the way says so.
// Prints a table: exit status, seconds from the wish to the end, the last lines of its log.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { delay } from '@sluice/runtime/backoff'
import { eventually } from '@sluice/runtime/testing/eventually'
import { collectOutput } from './collect-output.ts'
import { pidsOf } from './cpu.ts'
import { type Engines, openEngines, start } from './engines.ts'
import { saturate } from './load/run-load.ts'

const NAMES = ['ingest', 'processor', 'admin'] as const
type Name = (typeof NAMES)[number]

type Way = {
  says: string
  settings?: Record<string, string>
  /** Runs beside the process until it has left. */
  underLoad?: boolean
  leave(child: ChildProcess, engines: Engines): Promise<void> | void
  after?(engines: Engines): void
}

const WAYS: readonly Way[] = [
  { says: 'SIGTERM, nothing in hand', leave: (child) => void child.kill('SIGTERM') },
  { says: 'SIGTERM under load', underLoad: true, leave: (child) => void child.kill('SIGTERM') },
  {
    says: 'SIGTERM while every engine stands still',
    underLoad: true,
    async leave(child, { pids }) {
      signalAll(pids, 'SIGSTOP')
      await delay(500)
      child.kill('SIGTERM')
    },
    after: ({ pids }) => signalAll(pids, 'SIGCONT'),
  },
  {
    says: 'SIGTERM twice',
    underLoad: true,
    settings: { SHUTDOWN_DELAY: '5s' },
    async leave(child) {
      child.kill('SIGTERM')
      await delay(200)
      child.kill('SIGTERM')
    },
  },
  { says: 'its supervisor is gone', leave: (child) => child.disconnect() },
]

const { values } = parseArgs({ options: { stack: { type: 'string', default: 'full' } } })
if (values.stack !== 'embedded' && values.stack !== 'full') {
  process.stderr.write('leaving: --stack is embedded or full\n')
  process.exit(2)
}

await using life = new AsyncDisposableStack()
const engines = await openEngines(life, values.stack)
const out = (line: string) => process.stdout.write(`${line}\n`)
out('| process | how | exit | seconds | last lines |\n| --- | --- | --- | --- | --- |')
for (const name of NAMES)
  for (const way of WAYS) {
    const { status, seconds, last } = await leave(name, way)
    out(`| ${name} | ${way.says} | ${status} | ${seconds.toFixed(1)} | ${last.join(', ')} |`)
  }
for (const name of NAMES) {
  const child = launch(name, { [`${name.toUpperCase()}_PORT`]: 'eighty' })
  const said = collectOutput(child)
  const [status] = await once(child, 'exit')
  out(`| ${name} | a setting that is wrong | ${status} | | \`${said().trim()}\` |`)
}

async function leave(name: Name, way: Way): Promise<{ status: unknown; seconds: number; last: string[] }> {
  const child = launch(name, { ...engines.settings, ...way.settings })
  const output = collectOutput(child)
  const port = Number(
    await eventually(() => /"port":(\d+),"event":"http.listening"/.exec(output())?.[1], {
      timeoutMs: 30_000,
      message: `${name} listening`,
    }),
  )
  await eventually(() => fetch(`http://127.0.0.1:${port}/readyz`).then(({ ok }) => ok), {
    timeoutMs: 30_000,
    message: `${name} being ready`,
  })
  await using beside = new AsyncDisposableStack()
  if (way.underLoad === true && name !== 'admin') {
    const into = name === 'ingest' ? port : beside.use(await start('ingest', engines.settings)).port
    // Fails when ingest leaves, which is what it is here for.
    void saturate(into, 64, 6, 1, 1_000).catch(() => {})
    await delay(2_000)
  }
  const exit = once(child, 'exit')
  const begin = performance.now()
  await way.leave(child, engines)
  const [code, signal] = await exit
  const seconds = (performance.now() - begin) / 1_000
  way.after?.(engines)
  return { status: code ?? signal, seconds, last: lastEvents(output()) }
}

function launch(name: Name, env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [fileURLToPath(new URL(`../packages/${name}/src/main.ts`, import.meta.url))], {
    env: {
      PATH: process.env.PATH,
      [`${name.toUpperCase()}_PORT`]: '0',
      API_KEYS: 'tenant_a:key_a',
      RATE_LIMIT_PER_MIN: '1000000000',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}

/** The names of the last three lines of a log, without what is repeated. */
function lastEvents(output: string): string[] {
  const names = [...output.matchAll(/"event":"([\w.]+)"/g)].map(([, name]) => name ?? '')
  return [...new Set(names.slice(-6))].slice(-3)
}

function signalAll(engines: Engines['pids'], signal: NodeJS.Signals): void {
  for (const pid of Object.values(engines).flatMap(pidsOf)) process.kill(pid, signal)
}
