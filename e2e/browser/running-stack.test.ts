import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openStack, STACKS } from '../open-stack.ts'
import { eventText, send } from '../send.ts'
import type { Stack, StackKind } from '../stack.ts'
import { openBrowser, type TestBrowser } from './browser.ts'
import { settled } from './console.ts'
import { openDashboard } from './dashboard.ts'

let browser: TestBrowser
before(async () => {
  browser = await openBrowser()
})
after(() => browser[Symbol.asyncDispose]())

/** The whole platform with its dashboard, as people start it. */
async function openPlatform(t: TestContext, kind: StackKind): Promise<{ stack: Stack; url: string }> {
  const stack = await openStack(t, kind)
  const dashboard = await openDashboard({ adminUrl: stack.adminUrl })
  t.after(() => dashboard[Symbol.asyncDispose]())
  return { stack, url: dashboard.url }
}

for (const kind of STACKS)
  describe(`on the running platform, ${kind}`, () => {
    it('the first event is sent from an empty console, and found', async (t) => {
      const { url } = await openPlatform(t, kind)
      const { page, troubles } = await browser.open(url)
      await page.getByText('No event has come in yet').waitFor()
      await page.getByRole('button', { name: 'Send a test event' }).click()
      await page.getByRole('link', { name: 'See its journey' }).click()
      await page.getByText(/^Stored .* after it was accepted\.$/).waitFor()
      assert.deepEqual(troubles, [])
    })

    it('every page is quiet, and a hostile event is text', async (t) => {
      const { stack, url } = await openPlatform(t, kind)
      const hostile = `<img src=x onerror="document.title='owned'">\u202e`
      const odd = eventText('hostile-1').replace('"order.created"', JSON.stringify(hostile))
      const bad = eventText('bad-1').replace('"event_type":"order.created",', '')
      assert.equal((await send(stack.ingestUrl, odd, { key: 'hostile' })).status, 202)
      assert.equal((await send(stack.ingestUrl, bad, { key: 'bad' })).status, 202)
      await eventually(
        async () => {
          const { data } = (await (await fetch(`${stack.adminUrl}/admin/dlq`)).json()) as { data: unknown[] }
          return data.length === 1
        },
        { timeoutMs: 30_000, message: 'the dead letter' },
      )
      for (const path of ['/', '/pipeline', '/dlq', '/dlq?view=topic', '/dlq?bench=1', '/search?type=order.created']) {
        const { page, troubles } = await browser.open(url + path)
        await settled(page)
        assert.doesNotMatch(await page.title(), /owned/)
        assert.deepEqual(troubles, [], path)
        await page.context().close()
      }
      const { page } = await browser.open(`${url}/search?q=hostile-1`)
      await page.getByText(/^Stored .* after it was accepted\.$/).waitFor()
      await page.getByText('U+202E').first().waitFor()
    })

    it('the stop of the processor is seen with its time, and that it drains', async (t) => {
      const { stack, url } = await openPlatform(t, kind)
      const { page } = await browser.open(`${url}/pipeline`)
      await settled(page)
      await stack.stopPart('processor')
      for (let index = 0; index < 20; index++)
        assert.equal((await send(stack.ingestUrl, eventText(`e${index}`), { key: `k${index}` })).status, 202)
      await page.getByText(/^Processor stopped: no heartbeat since \d\d:\d\d:\d\d \(.*\)\.$/).waitFor()
      await page.getByText('20 events are waiting in the log; none is lost.', { exact: true }).waitFor()
      await stack.startPart('processor')
      await page.getByText(/^Processor stopped/).waitFor({ state: 'detached' })
      await page
        .getByRole('rowheader', { name: 'Sum of all partitions' })
        .locator('xpath=following-sibling::td[1]')
        .getByText('0', { exact: true })
        .waitFor()
    })
  })
