// Pictures of every page in its main states, for people to look at: npm run screenshots [-- FOLDER]. They stay outside of git.
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { openConsole, settled } from './console.ts'

const [folder = 'screenshots'] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })

await using console = await openConsole()
const ask = async (question: string) =>
  ((await (await fetch(console.fake.url + question)).json()) as { data: Record<string, string>[] }).data[0]
const letter = await ask('/admin/dlq?state=open&reason=INVALID_FIELD&limit=1')
const event = await ask('/admin/events?limit=1')

const PICTURES = [
  { name: 'overview', scenario: 'normal', path: '/' },
  { name: 'overview-first-run', scenario: 'first_run', path: '/' },
  { name: 'overview-gap', scenario: 'gap', path: '/' },
  { name: 'overview-unknown', scenario: 'unknown', path: '/?tenant=unknown_numbers' },
  { name: 'overview-failed', scenario: 'normal', path: '/?tenant=error_503' },
  { name: 'pipeline', scenario: 'normal', path: '/pipeline' },
  { name: 'pipeline-stopped', scenario: 'stopped', path: '/pipeline' },
  { name: 'pipeline-catching-up', scenario: 'catching_up', path: '/pipeline' },
  { name: 'dlq', scenario: 'normal', path: '/dlq' },
  { name: 'dlq-hostile', scenario: 'normal', path: '/dlq?tenant=hostile' },
  { name: 'dlq-panel', scenario: 'normal', path: `/dlq?id=${letter?.id}` },
  { name: 'dlq-topic', scenario: 'normal', path: '/dlq?view=topic' },
  { name: 'bench', scenario: 'normal', path: '/dlq?bench=1&reason=INVALID_FIELD' },
  { name: 'search', scenario: 'normal', path: '/search?type=order.paid' },
  { name: 'search-nothing', scenario: 'normal', path: '/search?q=no-such-id' },
  { name: 'live', scenario: 'normal', path: '/live' },
  { name: 'live-flood', scenario: 'normal', path: '/live?tenant=huge' },
  { name: 'live-hostile', scenario: 'normal', path: '/live?tenant=hostile' },
  { name: 'audit', scenario: 'normal', path: '/audit' },
  { name: 'event', scenario: 'normal', path: `/events/${event?.receipt_id}` },
  { name: 'event-dead-letter', scenario: 'normal', path: `/events/${letter?.receipt_id}` },
] as const

for (const { name, scenario, path: address } of PICTURES)
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [390, 1024, 1440]) {
      console.fake.platform.setScenario(scenario)
      const { page } = await console.open(address, { colorScheme, viewport: { width, height: 900 } })
      await settled(page)
      const file = path.join(folder, `${name}-${width}-${colorScheme}.png`)
      await page.screenshot({ path: file, fullPage: true })
      process.stderr.write(`${file}\n`)
      await page.context().close()
    }
