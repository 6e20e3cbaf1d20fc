import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { type Console, openConsole, settled } from './console.ts'

let console: Console
before(async () => {
  console = await openConsole()
})
after(() => console[Symbol.asyncDispose]())
afterEach(() => console.browser.closePages())
afterEach(() => console.fake.platform.setScenario('normal'))

describe('what a page shows', () => {
  it('when a part fails: what, the way out, the request id, and Try again; the others live on', async () => {
    const { page } = await console.open('/?tenant=error_503')
    const throughput = page.getByRole('region', { name: 'Throughput' })
    await throughput.getByText('The store does not answer.').waitFor()
    await throughput.getByText('fake-request').waitFor()
    await throughput.getByRole('button', { name: 'Try again' }).waitFor()
    // Health is not of a tenant.
    await page.getByRole('region', { name: 'Components' }).getByRole('cell', { name: 'processor' }).waitFor()
    await page.getByText('Unknown', { exact: true }).first().waitFor()
  })

  it('when the whole Admin API is away, and when it comes back', async () => {
    const { page } = await console.open('/pipeline')
    await settled(page)
    console.fake.platform.setScenario('error_503')
    await page
      .getByText(/^Stale since \d\d:\d\d:\d\d: The store does not answer\.$/)
      .first()
      .waitFor()
    // The word in the title is of another answer than the page's own, and comes when that one fails.
    await page.waitForFunction(() => document.title === 'Pipeline · unknown · Sluice')
    // The last good numbers stay.
    await page.getByRole('table', { name: 'Lag by partition' }).waitFor()
    console.fake.platform.setScenario('normal')
    await page.getByRole('button', { name: 'Refresh now' }).click()
    await page
      .getByText(/^Stale since/)
      .first()
      .waitFor({ state: 'detached' })
  })

  it('when a number is unknown: a dash with the reason, never 0', async () => {
    const { page } = await console.open('/?tenant=unknown_numbers')
    await settled(page)
    const accepted = page.getByRole('article').filter({ hasText: 'Accepted' })
    await accepted.getByRole('img', { name: /^Unknown: / }).waitFor()
    assert.doesNotMatch((await accepted.textContent()) ?? '', /\b0\b/)
    await accepted.getByRole('img', { name: /^Unknown: / }).focus()
    await page.getByRole('tooltip').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('tooltip').waitFor({ state: 'detached' })
    console.fake.platform.setScenario('unknown')
    await page.goto(`${console.dashboard.url}/pipeline`)
    await page.getByText('Lag is unknown.').waitFor()
    await page.getByRole('figure').getByText('unknown', { exact: true }).waitFor()
  })

  it('when an answer takes long: the head at once, then a skeleton, then the numbers', async () => {
    const { page } = await console.open('/?tenant=slow_5s')
    await page.getByRole('status', { name: 'Throughput: loading' }).waitFor()
    await page.getByRole('region', { name: 'Throughput' }).getByRole('img').waitFor()
  })

  it('when numbers are old', async () => {
    const { page } = await console.open('/?tenant=stale')
    await page.getByText(/^Unknown since \d\d:\d\d:\d\d$/).waitFor()
    await page
      .getByText(/^Stale since .* What it says is old\.$/)
      .first()
      .waitFor()
  })

  it('when nothing matches: which filter, and one button that clears it', async () => {
    const { page } = await console.open('/dlq?type=no.such.type')
    await page.getByText('No dead letter matches the filter.').first().waitFor()
    // What a filter hides may well wait for repair.
    await page.getByText('No group matches the filter.').waitFor()
    assert.equal(await page.getByText('Nothing is waiting for repair.').count(), 0)
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await page.getByRole('table', { name: 'Dead letters', exact: true }).waitFor()
    await page.waitForURL((url) => !url.searchParams.has('type'))
  })

  it('while it is paused: the word, and no question; resuming asks at once', async () => {
    const { page } = await console.open('/')
    await settled(page)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Paused ·').waitFor()
    const before = console.fake.requests.length
    // Four intervals of 2 s pass by the page's own clock.
    await page.getByText(/updated (9|\d\d) s ago/).waitFor()
    assert.equal(console.fake.requests.length, before)
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText(/updated (now|[12] s ago)/).waitFor()
  })

  it('of huge numbers and payloads: short in cards, whole in tables, the rest on demand', async () => {
    const { page, troubles } = await console.open('/?tenant=huge')
    await settled(page)
    await page
      .getByRole('article')
      .filter({ hasText: 'Stored' })
      .getByText(/^\d+(\.\d)? M$/)
      .waitFor()
    const { data } = (await (await fetch(`${console.fake.url}/admin/events?tenant=huge&limit=1`)).json()) as {
      data: { receipt_id: string }[]
    }
    await page.goto(`${console.dashboard.url}/events/${data[0]?.receipt_id}`)
    await page.getByRole('button', { name: /^Show the other [\d,]+ lines$/ }).waitFor()
    assert.deepEqual(troubles, [])
  })

  it('S5: of hostile text: text, with what cannot be seen made visible, and nothing of it run', async () => {
    const { page, troubles } = await console.open('/?tenant=hostile')
    await settled(page)
    const table = page.getByRole('table', { name: 'Latest events' })
    await table.getByText('U+202E').first().waitFor()
    await page.goto(`${console.dashboard.url}/dlq?tenant=hostile`)
    const list = page.getByRole('table', { name: 'Dead letters', exact: true })
    await list.getByText('U+202E').first().waitFor()
    assert.equal(await page.locator('img[src="x"], script:not([src]):text("owned")').count(), 0)
    assert.doesNotMatch(await page.title(), /owned/)
    const { data } = (await (await fetch(`${console.fake.url}/admin/events?tenant=hostile&limit=1`)).json()) as {
      data: { receipt_id: string }[]
    }
    await page.goto(`${console.dashboard.url}/events/${data[0]?.receipt_id}`)
    await settled(page)
    await page.getByText('javascript:alert(1)').first().waitFor()
    assert.equal(await page.locator('a[href^="javascript"]').count(), 0)
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 1440)
    assert.deepEqual(troubles, [])
  })

  it('of broken bytes: hex and raw, while the page lives', async () => {
    const { data } = (await (
      await fetch(`${console.fake.url}/admin/dlq?reason=MALFORMED_RECORD&include=original`)
    ).json()) as { data: { id: string }[] }
    const { page, troubles } = await console.open('/dlq')
    for (const { id } of data.slice(0, 6)) {
      await page.goto(`${console.dashboard.url}/dlq?id=${id}`)
      const panel = page.getByRole('dialog', { name: 'Dead letter' })
      await panel.getByText(/These bytes are not UTF-8 text|This is not JSON/).waitFor()
    }
    assert.deepEqual(troubles, [])
  })

  it('before the first event: a command to paste, and a test event that is seen to arrive', async () => {
    console.fake.platform.setScenario('first_run')
    const { page, troubles } = await console.open('/')
    await page.getByText('No event has come in yet').waitFor()
    await page.getByText(/^curl -i http:/).waitFor()
    await page.getByRole('button', { name: 'Send a test event' }).click()
    await page.getByRole('table', { name: 'Latest events' }).getByText('sluice.test').waitFor()
    assert.deepEqual(troubles, [])
  })

  it('when something is missing: the number, in red words, and the candidates', async () => {
    console.fake.platform.setScenario('gap')
    const { page } = await console.open('/')
    await page.getByRole('link', { name: '3 events are missing.' }).click()
    await page.getByRole('button', { name: /gap of 3$/ }).click()
    await page.getByRole('region', { name: 'One minute' }).getByText('gap').first().waitFor()
    await page.getByRole('region', { name: 'Candidates' }).getByRole('link').first().waitFor()
  })
})
