// The two pictures of the README: the real platform after some minutes of real traffic, then with its processor stopped.
import { spawn } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { scriptLife } from '../life.ts'
import { inheritedEnv, openSluiceDev } from '../sluice-dev.ts'
import { openBrowser } from './browser.ts'
import { settled } from './console.ts'
import { openDashboard } from './dashboard.ts'

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
/** 4 events/s for each of two tenants stay under the demo limit; some repeats and bad ones, as there always are. */
const TRAFFIC = ['--rps', '8', '--minutes', '60', '--duplicate-rate', '0.08', '--bad-rate', '0.02']
const say = (line: string) => process.stderr.write(`${line}\n`)

/** Writes `overview.png` and `pipeline.png` after so many minutes of traffic. */
export async function makeReadmePictures(folder: string, minutes: number): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await using life = new AsyncDisposableStack()
  const script = life.use(scriptLife(new AbortController().signal))
  const dev = await openSluiceDev(script, life, {})
  const portOf = (part: string) => String(dev.first.processes.find(({ name }) => name === part)?.port)
  const dashboard = life.use(await openDashboard({ adminUrl: `http://127.0.0.1:${portOf('admin')}` }))
  const traffic = spawn(process.execPath, [CLI, 'loadgen', ...TRAFFIC], {
    env: { ...inheritedEnv(), INGEST_PORT: portOf('ingest') },
    stdio: 'ignore',
  })
  life.defer(() => void traffic.kill('SIGINT'))
  say(`${minutes} minutes of traffic`)
  await sleep(minutes * 60_000)

  const browser = life.use(await openBrowser())
  const view = { colorScheme: 'light', viewport: { width: 1280, height: 860 } } as const
  const { page: overview } = await browser.open(`${dashboard.url}/?range=15m`, view)
  await picture(overview, path.join(folder, 'overview.png'))
  await browser.closePages()
  await dev.stopPart('processor')
  const { page: pipeline } = await browser.open(`${dashboard.url}/pipeline?range=15m`, view)
  await pipeline.getByText(/^Processor stopped: no heartbeat since \d\d:\d\d:\d\d \([4-9]\d s\)\.$/).waitFor()
  await picture(pipeline, path.join(folder, 'pipeline.png'))
}

async function picture(page: Page, file: string): Promise<void> {
  await settled(page)
  await page.screenshot({ path: file })
  say(`${file}: ${Math.round(statSync(file).size / 1000)} kB`)
}
