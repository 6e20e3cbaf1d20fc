import { type FakeAdminApi, openFakeAdminApi } from '@sluice/dashboard/fake-admin-api'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { openBrowser, type TestBrowser, type WatchedPage } from './browser.ts'
import { type Dashboard, openDashboard } from './dashboard.ts'

/** The dashboard on the Admin API in memory, and a browser to look at it. */
export type Console = AsyncDisposable & {
  fake: FakeAdminApi
  dashboard: Dashboard
  browser: TestBrowser
  open(path: string, options?: BrowserContextOptions): Promise<WatchedPage>
}

type ConsoleOptions = { token?: string }

export async function openConsole({ token }: ConsoleOptions = {}): Promise<Console> {
  const stack = new AsyncDisposableStack()
  try {
    const fake = stack.use(await openFakeAdminApi({ token: token ?? null }))
    const dashboard = stack.use(await openDashboard({ adminUrl: fake.url, ...(token === undefined ? {} : { token }) }))
    const browser = stack.use(await openBrowser())
    return {
      fake,
      dashboard,
      browser,
      open: (path, options) => browser.open(dashboard.url + path, options),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** Every page, in the state that an address alone leads to. */
export const PAGES = [
  '/',
  '/pipeline',
  '/dlq',
  '/dlq?view=topic',
  '/dlq?bench=1',
  '/search',
  '/search?type=order.paid',
  '/live',
  '/audit',
]

/** Waits until nothing on the page is a skeleton any more. */
export async function settled(page: Page): Promise<Page> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForFunction(() => document.querySelector('.skeleton') === null)
  return page
}
