import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { IS_LONG } from '../faults/how-long.ts'
import { type Console, openConsole, PAGES, settled } from './console.ts'

let console: Console
before(async () => {
  console = await openConsole()
})
after(() => console[Symbol.asyncDispose]())
afterEach(() => console.browser.closePages())

/** A dead letter and a stored event, as the ledger and the list show them now. */
async function somePages(): Promise<string[]> {
  const ask = async (path: string) =>
    (await (await fetch(console.fake.url + path)).json()) as { data: Record<string, string>[] }
  const letters = await ask('/admin/dlq?state=open&reason=MISSING_FIELD&limit=1')
  const events = await ask('/admin/events?limit=1')
  return [
    ...PAGES,
    `/dlq?id=${letters.data[0]?.id}`,
    `/events/${events.data[0]?.receipt_id}`,
    `/events/${letters.data[0]?.receipt_id}`,
  ]
}

async function violations(page: Page): Promise<string[]> {
  // axe is injected as text: the page's own policy would refuse it, as it should.
  const { violations: found } = await new AxeBuilder({ page }).analyze()
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary?.split('\n')[1] ?? ''}`),
  )
}

type Look = { colorScheme: 'light' | 'dark'; width: number }
const LOOKS: readonly Look[] = [
  { colorScheme: 'light', width: 390 },
  { colorScheme: 'dark', width: 1440 },
  { colorScheme: 'light', width: 1440 },
  { colorScheme: 'dark', width: 390 },
]
/** A page in one look takes 6 s, most of them axe's. `npm run test:browser` looks at each in all four; `npm test` at each in one, in turn. */
const pagesOf = (look: number, paths: readonly string[]) =>
  paths.filter((_, nth) => IS_LONG || nth % LOOKS.length === look)

describe('every page', () => {
  for (const [look, { colorScheme, width }] of LOOKS.entries())
    it(`is quiet, accessible and not wider than the window: ${colorScheme}, ${width} px`, async () => {
      const found: string[] = []
      for (const path of pagesOf(look, await somePages())) {
        const { page, troubles } = await console.open(path, { colorScheme, viewport: { width, height: 900 } })
        await settled(page)
        const shownWidth = await page.evaluate(() => document.documentElement.scrollWidth)
        if (shownWidth > width) found.push(`${path}: ${shownWidth} px wide`)
        // The verdict comes with an answer of its own, which on a slow machine may be late or too old.
        await page.waitForFunction(() => document.title.includes(' · healthy · '))
        assert.match(
          await page.title(),
          /^(Overview|Pipeline|Dead letters|Search|Live|Audit|Event) · healthy · Sluice$/,
          path,
        )
        for (const trouble of [...(await violations(page)), ...troubles]) found.push(`${path}: ${trouble}`)
        await page.context().close()
      }
      assert.deepEqual(found, [])
    })

  it('S12: carries a policy with a nonce of its own, and no script without it', async () => {
    const nonces = new Set<string>()
    for (const path of [...PAGES, '/nowhere']) {
      const response = await fetch(console.dashboard.url + path)
      const policy = response.headers.get('content-security-policy') ?? ''
      const nonce = /script-src 'self' 'nonce-([^']+)' 'strict-dynamic'/.exec(policy)?.[1] ?? ''
      assert.notEqual(nonce, '', path)
      nonces.add(nonce)
      for (const part of ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"])
        assert.ok(policy.includes(part), `${path}: ${part}`)
      assert.doesNotMatch(policy, /script-src[^;]*unsafe/)
      for (const [tag] of (await response.text()).matchAll(/<script[^>]*>/g))
        assert.ok(tag.includes(`nonce="${nonce}"`), `${path}: ${tag}`)
      assert.equal(response.headers.get('x-powered-by'), null)
      assert.equal(response.headers.get('access-control-allow-origin'), null)
    }
    assert.equal(nonces.size, PAGES.length + 1)
  })

  it('works at 320 px, where everything is reached by the menu', async () => {
    const { page, troubles } = await console.open('/', { viewport: { width: 320, height: 640 }, hasTouch: true })
    await settled(page)
    for (const name of ['Pipeline', 'Dead letters', 'Search']) {
      await page.getByRole('button', { name: 'Menu' }).click()
      await page.getByRole('dialog').getByRole('link', { name }).click()
      await page.getByRole('heading', { level: 1, name }).waitFor()
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320, name)
    }
    assert.deepEqual(troubles, [])
  })

  it('says so where there is none', async () => {
    const { page } = await console.open('/nowhere')
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
  })
})
