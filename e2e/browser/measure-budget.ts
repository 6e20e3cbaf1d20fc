// What the console costs, as a table: npm run dashboard:budget [-- --refreshes 900]. Takes some minutes; figures of a busy machine say so by themselves.
import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { refreshMany } from './budget-refreshes.ts'
import { type Console, openConsole, settled } from './console.ts'
import { KINDS_OF_PAGES, scriptBytes } from './script-bytes.ts'

const PAINTS = 5

const { values } = parseArgs({ options: { refreshes: { type: 'string', default: '900' } } })
const startedMs = performance.now()
await using console = await openConsole()
const readyMs = performance.now() - startedMs
const row = (what: string, figure: string) => process.stdout.write(`| ${what} | ${figure} |\n`)
const rssMb = () =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${console.dashboard.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

row(
  'load of the machine before',
  loadavg()
    .map((one) => one.toFixed(1))
    .join(' '),
)
row('fake, dashboard and browser ready', `${(readyMs / 1000).toFixed(1)} s`)
row('server, before the first question', `${rssMb().toFixed(0)} MB`)
for (const path of KINDS_OF_PAGES) {
  const { bytes, scripts } = await scriptBytes(console.dashboard.url + path)
  row(`script of ${path}`, `${(bytes / 1000).toFixed(1)} kB gz in ${scripts} files`)
}
for (const path of KINDS_OF_PAGES.slice(0, 4)) {
  const paints: number[] = []
  for (let index = 0; index < PAINTS; index++) paints.push(await firstPaintMs(console, path))
  row(`first paint of ${path}, cold cache`, `${spread(paints)} ms`)
}

const many = await refreshMany(console, { path: '/pipeline?range=6h&every=0', refreshes: Number(values.refreshes) })
row(`drawing one chart, 360 steps (${many.drawMs.length} drawings)`, `${spread(many.drawMs)} ms`)
row(
  `refresh: question to painted, 6 questions and 3 charts (${many.refreshMs.length} refreshes)`,
  `${spread(many.refreshMs)} ms`,
)
row('of that: the last answer to painted', `${spread(many.paintMs)} ms`)
row('tasks over 50 ms while refreshing', String(many.longTasks))
row('heap before and after', `${many.heapMb.map((mb) => mb.toFixed(1)).join(' → ')} MB`)
row('server after', `${rssMb().toFixed(0)} MB`)
row(
  'load of the machine after',
  loadavg()
    .map((one) => one.toFixed(1))
    .join(' '),
)

/** In a context of its own, which nothing was cached in. */
async function firstPaintMs({ open, browser }: Console, path: string): Promise<number> {
  const { page } = await open(path)
  await settled(page)
  const ms = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime)
  await browser.closePages()
  if (ms === undefined) throw new Error(`${path} was never painted`)
  return ms
}

function spread(figures: readonly number[]): string {
  const sorted = [...figures].sort((a, b) => a - b)
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1)
  return `median ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)}`
}
