// What the costs of one machine mean for many: docs/scaling.md.
//   npm run bench -- ingest processor whole-system --json FILE
//   node_modules/.bin/node bench/scaling.ts FILE
// Two tables: the limit that costs predict for one machine beside the one that was measured, and the cores that a day's events need.
// Costs are CPU microseconds an event, by process: of all processes at work together, and put together from parts measured alone, at
// another moment and with larger batches.
import { readFileSync } from 'node:fs'
import type { Line } from './question.ts'

type Costs = Readonly<Record<string, number>>

const SECONDS_A_DAY = 86_400
/** A busy second of a day against its mean one. */
const PEAK = 3
/** Share of a core that may be busy at the peak: more, and waiting grows faster than load. */
const BUSY = 0.6
/** One of a general-purpose machine, per hour, in US dollars, without discounts. */
const DOLLARS_A_CORE_HOUR = 0.05
const PER_DAY = [100e6, 1e9, 10e9]
/** Do their work in one thread. Kafka and PostgreSQL have many. */
const ONE_THREAD = ['ingest', 'processor', 'redis', 'client']

const [file] = process.argv.slice(2)
if (file === undefined) {
  process.stderr.write(
    'scaling: give the file that `npm run bench -- ingest processor whole-system --json FILE` wrote\n',
  )
  process.exit(2)
}
const { machine, lines } = JSON.parse(readFileSync(file, 'utf8')) as { machine: string; lines: readonly Line[] }
const cores = Number(/^\d+/.exec(machine)?.[0])

/** What a whole system pays for an event, put together from the parts measured alone. */
function partsOf(stack: 'full' | 'embedded', batch: string): Costs {
  const ingest = lineOf('ingest', `ingest, ${stack}${batch}`).cpuMicros
  const processor = lineOf('processor', `processor, ${stack}`).cpuMicros
  const sum: Record<string, number> = { ...ingest }
  for (const [name, micros] of Object.entries(processor)) sum[name] = (sum[name] ?? 0) + micros
  return sum
}

function lineOf(question: string, subject: string): Line {
  const line = lines.find((one) => one.question === question && one.subject === subject)
  if (line === undefined) throw new Error(`${file} has no line "${subject}" of the question ${question}`)
  return line
}

/** Events a second at which the first thing is full: a thread, or all cores together. */
function limitOf(costs: Costs): { perSecond: number; first: string } {
  const total = Object.values(costs).reduce((sum, micros) => sum + micros, 0)
  const limits = ONE_THREAD.flatMap((name) => {
    const micros = costs[name]
    return micros === undefined || micros === 0 ? [] : [{ perSecond: 1e6 / micros, first: `${name}'s thread` }]
  })
  limits.push({ perSecond: (cores * 1e6) / total, first: `${cores} cores` })
  return limits.reduce((least, one) => (one.perSecond < least.perSecond ? one : least))
}

const rate = (perSecond: number) => Math.round(perSecond).toLocaleString('en')
const print = (cells: readonly string[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`)

process.stdout.write(`${machine}\n\n`)
print([
  'One machine',
  'measured, events a second',
  'full first',
  'predicted by costs together',
  'by costs of parts alone',
])
print(Array.from({ length: 5 }, () => '---'))
for (const stack of ['full', 'embedded'] as const)
  for (const batch of ['', ', 50 a POST']) {
    const whole = lineOf('whole system', `whole system, ${stack}${batch}`)
    const measured = whole.perSecond.median
    const together = limitOf(whole.cpuMicros)
    const compared = [together, limitOf(partsOf(stack, batch))].map(
      ({ perSecond }) => `${rate(perSecond)}, ${(perSecond / measured).toFixed(2)} of it`,
    )
    print([`${stack}${batch}`, rate(measured), together.first, ...compared])
  }

for (const batch of ['', ', 50 a POST']) {
  const { client: _, ...costs } = lineOf('whole system', `whole system, full${batch}`).cpuMicros
  process.stdout.write(
    `\nKafka and Redis${batch === '' ? ', one event a POST' : batch}; cores at ${PEAK} times the mean rate, ${BUSY * 100} % busy\n\n`,
  )
  print([
    'events a day',
    'mean and peak a second',
    ...Object.keys(costs).map((name) => `${name}, ${(costs[name] ?? 0).toFixed(0)} µs`),
    'cores',
    'dollars a day',
  ])
  print(Array.from({ length: 4 + Object.keys(costs).length }, () => '---'))
  for (const perDay of PER_DAY) {
    const mean = perDay / SECONDS_A_DAY
    const needed = Object.values(costs).map((micros) => (mean * PEAK * micros) / 1e6 / BUSY)
    const all = needed.reduce((sum, one) => sum + one, 0)
    print([
      perDay.toLocaleString('en'),
      `${rate(mean)} and ${rate(mean * PEAK)}`,
      ...needed.map((one) => one.toFixed(one < 10 ? 1 : 0)),
      all.toFixed(all < 10 ? 1 : 0),
      (all * 24 * DOLLARS_A_CORE_HOUR).toFixed(0),
    ])
  }
}
