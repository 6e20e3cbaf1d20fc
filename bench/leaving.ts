// How does each process leave, and what does it say last?
//   node_modules/.bin/node bench/leaving.ts [--stack full]
// Ingest, processor and admin, each started anew for every way to leave; ingest and processor under load where the way says so.
// Prints a table: exit status, seconds from the wish to the end, the last lines of its log.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { delay } from '@sluice/runtime/backoff'
import { collectOutput } from './collect-output.ts'
import { pidsOf } from './cpu.ts'
import { type Engines, openEngines, type ProcessName, spawnOurs, start } from './engines.ts'
import { saturate } from './load/run-load.ts'

const NAMES = ['ingest', 'processor', 'admin'] as const satisfies readonly ProcessName[]

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
  const child = spawnOurs(name, { [`${name.toUpperCase()}_PORT`]: 'eighty' })
  const said = collectOutput(child)
  const [status] = await once(child, 'exit')
  out(`| ${name} | a setting that is wrong | ${status} | | \`${said().trim()}\` |`)
}

async function leave(name: ProcessName, way: Way): Promise<{ status: unknown; seconds: number; last: string[] }> {
  const { child, port, output } = await start(name, { ...engines.settings, SHUTDOWN_DELAY: '1s', ...way.settings })
  await using beside = new AsyncDisposableStack()
  if (way.underLoad === true && name !== 'admin') {
    const into = name === 'ingest' ? port : beside.use(await start('ingest', engines.settings)).port
    // Fails when ingest leaves, which is what it is here for.
    void saturate(into, 64, 6, 1, 1_000).catch(() => {})
    await delay(2_000)
  }
  const exit = once(child, 'exit')
  const begin = performance.now()
  try {
    await way.leave(child, engines)
    const [code, signal] = await exit
    return { status: code ?? signal, seconds: (performance.now() - begin) / 1_000, last: lastEvents(output()) }
  } finally {
    way.after?.(engines)
  }
}

/** The names of the last three lines of a log, without what is repeated. */
function lastEvents(output: string): string[] {
  const names = [...output.matchAll(/"event":"([\w.]+)"/g)].map(([, name]) => name ?? '')
  return [...new Set(names.slice(-6))].slice(-3)
}

function signalAll(engines: Engines['pids'], signal: NodeJS.Signals): void {
  for (const pid of Object.values(engines).flatMap(pidsOf)) process.kill(pid, signal)
}
