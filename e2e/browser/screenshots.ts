// Pictures for people to look at; they stay outside of git, but for the two of the README.
//   npm run screenshots                      every page in its main states, three widths, light and dark, into screenshots/
//   npm run screenshots -- --only pipeline   those whose name begins so
//   npm run screenshots -- --readme          the README's two, of the real platform: --minutes 5 of traffic first
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { FakeAdminApi } from '@sluice/dashboard/fake-admin-api'
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
const hostileEvent = await ask('/admin/events?tenant=hostile&limit=1')
const hugeEvent = await ask('/admin/events?tenant=huge&limit=1')
const unreadable = await ask('/admin/dlq?reason=MALFORMED_RECORD&limit=1')

type Picture = { name: string; scenario: FakeAdminApi['platform']['scenario']; path: string; press?: string }
const PICTURES: readonly Picture[] = [
  { name: 'overview', scenario: 'normal', path: '/' },
  { name: 'overview-first-run', scenario: 'first_run', path: '/' },
  { name: 'overview-gap', scenario: 'gap', path: '/' },
  { name: 'overview-unknown', scenario: 'unknown', path: '/?tenant=unknown_numbers' },
  { name: 'overview-failed', scenario: 'normal', path: '/?tenant=error_503' },
  { name: 'overview-stale', scenario: 'normal', path: '/?tenant=stale' },
  { name: 'overview-huge', scenario: 'normal', path: '/?tenant=huge' },
  { name: 'overview-hostile', scenario: 'normal', path: '/?tenant=hostile' },
  { name: 'overview-stopped', scenario: 'stopped', path: '/' },
  { name: 'overview-day', scenario: 'normal', path: '/?range=24h' },
  { name: 'pipeline', scenario: 'normal', path: '/pipeline' },
  { name: 'pipeline-stopped', scenario: 'stopped', path: '/pipeline' },
  { name: 'pipeline-catching-up', scenario: 'catching_up', path: '/pipeline' },
  { name: 'pipeline-stale', scenario: 'normal', path: '/pipeline?tenant=stale' },
  { name: 'pipeline-huge', scenario: 'normal', path: '/pipeline?tenant=huge' },
  { name: 'pipeline-unknown', scenario: 'unknown', path: '/pipeline' },
  { name: 'pipeline-failed', scenario: 'error_503', path: '/pipeline' },
  { name: 'pipeline-first-run', scenario: 'first_run', path: '/pipeline' },
  { name: 'pipeline-growing', scenario: 'growing', path: '/pipeline' },
  { name: 'pipeline-gap', scenario: 'gap', path: '/pipeline' },
  { name: 'dlq', scenario: 'normal', path: '/dlq' },
  { name: 'dlq-first-run', scenario: 'first_run', path: '/dlq' },
  { name: 'dlq-failed', scenario: 'error_503', path: '/dlq' },
  { name: 'dlq-huge', scenario: 'normal', path: '/dlq?tenant=huge' },
  { name: 'dlq-hostile', scenario: 'normal', path: '/dlq?tenant=hostile' },
  { name: 'dlq-panel', scenario: 'normal', path: `/dlq?id=${letter?.id}` },
  { name: 'dlq-empty', scenario: 'normal', path: '/dlq?type=no.such.type' },
  { name: 'dlq-panel-unreadable', scenario: 'normal', path: `/dlq?id=${unreadable?.id}` },
  { name: 'dlq-topic', scenario: 'normal', path: '/dlq?view=topic' },
  { name: 'dlq-topic-failed', scenario: 'error_503', path: '/dlq?view=topic' },
  { name: 'bench', scenario: 'normal', path: '/dlq?bench=1&reason=INVALID_FIELD' },
  { name: 'bench-failed', scenario: 'error_503', path: '/dlq?bench=1' },
  { name: 'search', scenario: 'normal', path: '/search?type=order.paid' },
  { name: 'search-nothing', scenario: 'normal', path: '/search?q=no-such-id' },
  { name: 'search-failed', scenario: 'error_503', path: '/search?type=order.paid' },
  { name: 'search-long', scenario: 'normal', path: `/search?q=${'x'.repeat(300)}` },
  { name: 'live', scenario: 'normal', path: '/live' },
  { name: 'live-flood', scenario: 'normal', path: '/live?tenant=huge' },
  { name: 'live-hostile', scenario: 'normal', path: '/live?tenant=hostile' },
  { name: 'live-first-run', scenario: 'first_run', path: '/live' },
  { name: 'live-failed', scenario: 'error_503', path: '/live' },
  { name: 'audit', scenario: 'normal', path: '/audit' },
  { name: 'audit-empty', scenario: 'normal', path: '/audit?target=none' },
  { name: 'audit-failed', scenario: 'error_503', path: '/audit' },
  { name: 'palette', scenario: 'normal', path: '/', press: 'Control+k' },
  { name: 'shortcuts', scenario: 'normal', path: '/', press: '?' },
  { name: 'event', scenario: 'normal', path: `/events/${event?.receipt_id}` },
  { name: 'event-dead-letter', scenario: 'normal', path: `/events/${letter?.receipt_id}` },
  { name: 'event-hostile', scenario: 'normal', path: `/events/${hostileEvent?.receipt_id}` },
  { name: 'event-huge', scenario: 'normal', path: `/events/${hugeEvent?.receipt_id}` },
  { name: 'event-failed', scenario: 'error_503', path: `/events/${event?.receipt_id}` },
  { name: 'event-no-receipt', scenario: 'normal', path: '/events/no-receipt' },
  { name: 'nowhere', scenario: 'normal', path: '/nowhere' },
]

for (const { name, scenario, path: address, press } of PICTURES.filter((one) => one.name.startsWith(values.only)))
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [390, 1024, 1440]) {
      console.fake.platform.setScenario(scenario)
      const { page } = await console.open(address, { colorScheme, viewport: { width, height: 900 } })
      await settled(page)
      if (press !== undefined) {
        await page.keyboard.press(press)
        await page.getByRole('dialog').waitFor()
      }
      const file = path.join(folder, `${name}-${width}-${colorScheme}.png`)
      await page.screenshot({ path: file, fullPage: press === undefined })
      process.stderr.write(`${file}\n`)
      await page.context().close()
    }
