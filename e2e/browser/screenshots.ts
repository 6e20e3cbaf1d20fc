// Pictures for people to look at; they stay outside of git, but for the two of the README.
//   npm run screenshots                      every page in its main states, three widths, light and dark, into screenshots/
//   npm run screenshots -- --only pipeline   those whose name begins so
//   npm run screenshots -- --readme          the README's two, of the real platform: --minutes 5 of traffic first
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { openConsole, settled } from './console.ts'
import { makeReadmePictures } from './readme-screenshots.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    readme: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '5' },
  },
})
if (values.readme) {
  await makeReadmePictures(positionals[0] ?? 'docs/screenshots', Number(values.minutes))
  process.exit(0)
}
const [folder = 'screenshots'] = positionals
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

for (const { name, scenario, path: address } of PICTURES.filter((one) => one.name.startsWith(values.only)))
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
