// What does each part cost over doing nothing that could be left out?
//   npm run bench                      every question, three rounds, some minutes
//   npm run bench -- --quick           short rounds and small backlogs: whether it works, not what it costs
//   npm run bench -- ingest processor  some questions
//   npm run bench -- --json FILE       the same as JSON, too
//   npm run bench -- reading --rows 5000000   a larger store to read from
// Subjects take turns within a question, and the first is the floor: read ratios, not figures, since the machine moves by a fifth.
// A table goes to standard output, what is being done to standard error.
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { ask, type Bench, type Line, type OpenQuestion } from './question.ts'
import { openAppendQuestion } from './questions/append.ts'
import { openGateQuestion } from './questions/gate.ts'
import { openIngestQuestion, openLatencyQuestion } from './questions/ingest.ts'
import { openProcessorQuestion } from './questions/processor.ts'
import { openReadingQuestion } from './questions/reading.ts'
import { openStartUpQuestion } from './questions/start-up.ts'
import { openWholeSystemQuestion } from './questions/whole-system.ts'
import { tableOf } from './table.ts'

type Entry = { open: OpenQuestion; rounds: number }
const QUESTIONS: Readonly<Record<string, Entry>> = {
  ingest: { open: openIngestQuestion, rounds: 3 },
  latency: { open: openLatencyQuestion, rounds: 3 },
  gate: { open: openGateQuestion, rounds: 3 },
  append: { open: openAppendQuestion, rounds: 3 },
  processor: { open: openProcessorQuestion, rounds: 3 },
  'whole-system': { open: openWholeSystemQuestion, rounds: 1 },
  reading: { open: openReadingQuestion, rounds: 1 },
  start: { open: openStartUpQuestion, rounds: 3 },
}
const FULL = { seconds: 4, backlog: 100_000, rows: 1_000_000 }
const QUICK = { seconds: 1, backlog: 10_000, rows: 100_000 }

const say = (line: string) => process.stderr.write(`bench: ${line}\n`)
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' }, rows: { type: 'string' } },
})
const wanted = positionals.length === 0 ? Object.keys(QUESTIONS) : positionals
const unknown = wanted.filter((name) => !(name in QUESTIONS))
if (unknown.length > 0) {
  say(`no question ${unknown.join(', ')}; there are ${Object.keys(QUESTIONS).join(', ')}`)
  process.exit(2)
}

process.stdout.write(`${machine()}\n\n`)
const found: Line[] = []
for (const name of wanted) {
  const { open, rounds } = QUESTIONS[name] as Entry
  await using life = new AsyncDisposableStack()
  const size = values.quick ? QUICK : FULL
  const bench: Bench = { ...size, rows: Number(values.rows ?? size.rows), life }
  say(`${name}: preparing`)
  const question = await open(bench)
  const lines = await ask(question, values.quick ? 1 : rounds, say)
  process.stdout.write(`${tableOf(question, lines)}\n`)
  found.push(...lines)
}
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ machine: machine(), quick: values.quick, lines: found }, null, 2)}\n`)

function machine(): string {
  const kernel = readFileSync('/proc/version', 'utf8').split(' ').slice(0, 3).join(' ')
  const [cpu] = cpus()
  const gib = Math.round(totalmem() / 2 ** 30)
  const [load = 0] = loadavg()
  return `${availableParallelism()} cores (${cpu?.model ?? 'unknown'}), ${gib} GiB, ${kernel}, Node ${process.versions.node}; ${load.toFixed(1)} processes wanted the cores at the start.`
}
