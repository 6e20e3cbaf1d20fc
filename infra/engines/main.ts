import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from '@sluice/runtime/testing/eventually'
import { type EnginesCommand, parseEnginesArgs, USAGE } from './args.ts'
import { EngineError } from './engine.ts'
import { type EngineSet, openEngineSet } from './engine-set.ts'
import { processStart } from './process-start.ts'
import { findSet, forgetSet, type RunningSet, recordSet, stateFile } from './running-set.ts'

const say = (line: string) => process.stderr.write(`${line}\n`)

/** Lines for a shell, on standard output. */
function printSettings({ settings }: Pick<RunningSet, 'settings'>): void {
  for (const [name, value] of Object.entries(settings)) process.stdout.write(`export ${name}='${value}'\n`)
}

type Wanted = { brokers: 1 | 3; state: string; command: readonly string[] }

/** Resolves at the first signal that asks this process to end. */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve)
  })
}

/** Opens the engines, unless a signal comes first: then what was opened is ended by its keepers. */
async function openUnlessStopped(brokers: 1 | 3, stopping: Promise<unknown>): Promise<EngineSet> {
  const opened = await Promise.race([openEngineSet({ brokers }), stopping.then(() => null)])
  return opened ?? process.exit(130)
}

/** Starts the engines and stays until a signal. */
async function run({ brokers, state }: Wanted): Promise<number> {
  const running = findSet(state)
  if (running !== null) {
    say(`engines: run already (pid ${running.pid}); stop them: npm run engines -- stop`)
    printSettings(running)
    return 1
  }
  // Neither a listener for signals nor an engine holds a process open.
  const held = setInterval(() => {}, 60_000)
  try {
    return await runUntilSignal(brokers, state)
  } finally {
    clearInterval(held)
  }
}

async function runUntilSignal(brokers: 1 | 3, state: string): Promise<number> {
  const stopping = firstSignal()
  await using set = await openUnlessStopped(brokers, stopping)
  const engines = set.engines.map(({ name, pid }) => ({ name, pid }))
  recordSet({ pid: process.pid, started: processStart(process.pid) ?? '', settings: set.settings, engines }, state)
  printSettings(set)
  say(
    'engines: ready. In another shell: paste the lines above, then npm test. Ctrl-C stops them and deletes their data.',
  )
  process.send?.('ready')
  if (process.connected) process.disconnect?.()
  await stopping
  say('engines: stopping')
  forgetSet(state)
  return 0
}

/** Runs a command with engines of its own; ends as it ended. Silent after it, so that its last lines stay the last. */
async function runWith({ brokers, command: [program = '', ...args] }: Wanted): Promise<number> {
  const stopping = firstSignal()
  await using set = await openUnlessStopped(brokers, stopping)
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...set.settings } })
  // A terminal's Ctrl-C has reached it already; a second one does no harm.
  void stopping.then((signal) => child.kill(signal))
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const [status, signal] = await ended.catch((cause: unknown) => {
    throw new EngineError(`cannot run ${program}`, { cause })
  })
  return status ?? 128 + (signal === null ? 0 : constants.signals[signal])
}

/** `run` as a process of its own that outlives this one. */
async function start({ brokers, state }: Wanted): Promise<number> {
  const running = findSet(state)
  if (running !== null) {
    say(`engines: run already (pid ${running.pid})`)
    printSettings(running)
    return 0
  }
  const logFile = `${state}.log`
  say(`engines: starting, what they say is in ${logFile}`)
  mkdirSync(dirname(logFile), { recursive: true })
  const log = openSync(logFile, 'w')
  // Nothing of ours stays open in it: who reads our output to its end must not wait for the engines' end.
  const child = spawn(
    process.execPath,
    [fileURLToPath(import.meta.url), '--brokers', String(brokers), '--state', state],
    { detached: true, stdio: ['ignore', 'ignore', log, 'ipc'] },
  )
  closeSync(log)
  await Promise.race([once(child, 'message'), once(child, 'exit')])
  child.unref()
  const started = findSet(state)
  if (started === null) {
    say(readFileSync(logFile, 'utf8').trim())
    return 1
  }
  printSettings(started)
  return 0
}

async function stop({ state }: Wanted): Promise<number> {
  const running = findSet(state)
  if (running === null) {
    say('engines: none run')
    return 0
  }
  process.kill(running.pid, 'SIGTERM')
  await eventually(() => processStart(running.pid) !== running.started, {
    message: `the engines (pid ${running.pid}) being stopped`,
  })
  say('engines: stopped')
  return 0
}

function status({ state }: Wanted): number {
  const running = findSet(state)
  if (running === null) {
    say('engines: none run; start them: npm run engines -- start')
    return 1
  }
  for (const { name, pid } of running.engines) say(`engines: ${name} runs (pid ${pid})`)
  printSettings(running)
  return 0
}

const VERBS: Record<EnginesCommand['verb'], (wanted: Wanted) => Promise<number> | number> = {
  run,
  start,
  stop,
  status,
  with: runWith,
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  const command = parseEnginesArgs(args)
  if (typeof command === 'string') {
    say(`engines: ${command}\n\n${USAGE}`)
    return 2
  }
  return VERBS[command.verb]({ ...command, state: stateFile(command.state) })
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof EngineError)) throw error
  say(`engines: ${error.message}`)
  process.exitCode = 1
}
