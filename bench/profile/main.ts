// Where does an event's time go inside one of our processes?
//   node_modules/.bin/node bench/profile/main.ts ingest     [--stack full] [--batch 1] [--rate 1000] [--seconds 6]
//   node_modules/.bin/node bench/profile/main.ts processor  [--stack full] [--backlog 200000]
// Without --rate ingest gets as much as comes back. Prints the main thread's own time in microseconds an event, by part and by function;
// --keep FILE leaves the profile for Chrome's developer tools.
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openEngines, type Started, start } from '../engines.ts'
import { pace, saturate } from '../load/run-load.ts'
import { drain, fill, openLog } from '../questions/processor.ts'
import { type CpuProfile, type Shares, sharesOf } from './read-profile.ts'

const CONNECTIONS = 64
const WARM_UP_SECONDS = 3
const FUNCTIONS_SHOWN = 45

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    stack: { type: 'string', default: 'full' },
    batch: { type: 'string', default: '1' },
    rate: { type: 'string' },
    seconds: { type: 'string', default: '6' },
    backlog: { type: 'string', default: '200000' },
    keep: { type: 'string' },
  },
})
const [name] = positionals
const { stack } = values
if ((name !== 'ingest' && name !== 'processor') || (stack !== 'embedded' && stack !== 'full')) {
  process.stderr.write('profile: say ingest or processor, and --stack embedded or full\n')
  process.exit(2)
}

await using life = new AsyncDisposableStack()
const folder = mkdtempSync(join(tmpdir(), 'sluice-profile-'))
life.defer(() => rmSync(folder, { recursive: true, force: true }))
const engines = await openEngines(life, stack)
const profiled = { ...engines.settings, NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-interval=250` }

const { events, from, to } = name === 'ingest' ? await profileIngest() : await profileProcessor()
const [file] = readdirSync(folder)
if (file === undefined) throw new Error(`${name} left no profile`)
if (values.keep !== undefined) copyFileSync(join(folder, file), values.keep)
const { parts, functions } = sharesOf(JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile, from, to)
print('part', parts)
print('function', functions.slice(0, FUNCTIONS_SHOWN))

async function profileIngest() {
  const ingest = await start('ingest', profiled)
  await saturate(ingest.port, CONNECTIONS, WARM_UP_SECONDS, Number(values.batch))
  const from = nowMicros()
  const seconds = Number(values.seconds)
  const events =
    values.rate === undefined
      ? (await saturate(ingest.port, CONNECTIONS, seconds, Number(values.batch))).events
      : (await pace(ingest.port, Number(values.rate), seconds)).sent
  return ended(ingest, events, from)
}

async function profileProcessor() {
  const events = Number(values.backlog)
  {
    await using log = await openLog(engines.settings)
    await fill(log, events)
  }
  const from = nowMicros()
  await drain(engines, profiled, events)
  return { events, from, to: nowMicros() }
}

async function ended(started: Started, events: number, from: number) {
  const to = nowMicros()
  await started[Symbol.asyncDispose]()
  return { events, from, to }
}

function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}

function print(what: string, shares: Shares): void {
  process.stdout.write(`\n| ${what} | µs an event |\n| --- | --- |\n`)
  for (const [name, micros] of shares) process.stdout.write(`| ${name} | ${(micros / events).toFixed(2)} |\n`)
}
