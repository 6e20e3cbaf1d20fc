import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { chromiumPath } from './chromium-path.ts'

/** What people's own systems have in place of `system-ui`: Debian would take a font that is far wider. */
const FONTS = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>
${['system-ui', 'ui-sans-serif'].map((family) => `<alias binding="same"><family>${family}</family><prefer><family>Liberation Sans</family></prefer></alias>`).join('')}
</fontconfig>`

export type TestBrowser = AsyncDisposable & {
  /** A page of its own, with what went wrong on it. */
  open(url: string, options?: BrowserContextOptions): Promise<WatchedPage>
  /** Closes every page that is open: one that nobody looks at any more goes on asking and drawing, which costs others their time. */
  closePages(): Promise<void>
}

/** A page, and everything that a person would call broken: errors on the console (reports of the policy are among them), requests that failed. */
export type WatchedPage = { page: Page; troubles: string[] }

/** Far more than a page takes: on a machine that many share, a second of work may need a minute. */
const PATIENCE_MS = 60_000

export async function openBrowser(): Promise<TestBrowser> {
  const executablePath = chromiumPath()
  if (executablePath === null) throw new Error('there is no Chromium on this machine: apt-get install chromium')
  const fontDir = mkdtempSync(path.join(tmpdir(), 'sluice-fonts-'))
  const fontFile = path.join(fontDir, 'fonts.conf')
  writeFileSync(fontFile, FONTS)
  // In containers Chromium runs as root, where its sandbox refuses to start; it opens pages of our own only.
  const args = ['--no-sandbox', '--disable-dev-shm-usage']
  const browser = await chromium.launch({
    executablePath,
    args,
    timeout: 2 * PATIENCE_MS,
    env: { ...process.env, FONTCONFIG_FILE: fontFile } as Record<string, string>,
  })
  return {
    open: (url, options) => openWatched(browser, url, options),
    closePages: async () => void (await Promise.all(browser.contexts().map((context) => context.close()))),
    async [Symbol.asyncDispose]() {
      await browser.close()
      rmSync(fontDir, { recursive: true, force: true })
    },
  }
}

async function openWatched(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  context.setDefaultTimeout(PATIENCE_MS)
  context.setDefaultNavigationTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`))
  page.on('requestfailed', (request) => {
    // Left behind by going to another page or by a newer question, not failed.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED')
      troubles.push(`request: ${request.url()} ${request.failure()?.errorText}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`answer: ${response.status()} ${response.url()}`)
  })
  await page.goto(url)
  return { page, troubles }
}
