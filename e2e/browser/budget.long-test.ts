import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { type Console, openConsole, settled } from './console.ts'

let console: Console
before(async () => {
  console = await openConsole()
})
after(() => console[Symbol.asyncDispose]())
afterEach(() => console.browser.closePages())

/** What people notice as a jump begins at 0.1; data that comes and goes moves nothing. */
const MAX_LAYOUT_SHIFT = 0.01

describe('what a page costs', () => {
  for (const path of ['/', '/pipeline', '/dlq'])
    it(`moves nothing while numbers come in: ${path}`, async (t) => {
      const { page } = await console.browser.open('about:blank')
      await page.addInitScript(() => {
        const seen = { shift: 0 }
        Object.assign(globalThis, { seen })
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) seen.shift += (entry as unknown as { value: number }).value
        }).observe({ type: 'layout-shift', buffered: true })
      })
      await page.goto(console.dashboard.url + path)
      await settled(page)
      for (let polls = 0; polls < 3; polls++)
        await page.waitForResponse((response) => response.url().includes('/api/admin/overview'))
      const { seen, paint } = await page.evaluate(() => ({
        seen: (globalThis as unknown as { seen: { shift: number } }).seen,
        paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
      }))
      t.diagnostic(`${path}: first paint ${paint?.toFixed(0)} ms, layout shift ${seen.shift.toFixed(4)}`)
      assert.ok(seen.shift <= MAX_LAYOUT_SHIFT, `shifted by ${seen.shift}`)
    })
})
