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

type Event = { receipt_id: string; event_id: string; idempotency_key: string; tenant_id: string }

async function someEvent(): Promise<Event> {
  const { data } = (await (await fetch(`${console.fake.url}/admin/events?limit=20`)).json()) as { data: Event[] }
  const event = data[10]
  assert.ok(event)
  return event
}

describe('a person with one question', () => {
  it('finds my event by its id within three actions', async () => {
    const { event_id: eventId, receipt_id: receiptId } = await someEvent()
    const { page, troubles } = await console.open('/')
    await page.getByRole('link', { name: 'Search', exact: true }).click()
    await page.getByRole('searchbox').fill(eventId)
    await page.keyboard.press('Enter')
    await page.getByText(/^Stored \d+ ms after it was accepted\.$/).waitFor()
    assert.equal(new URL(page.url()).pathname, `/events/${receiptId}`)
    await page.getByRole('list', { name: 'Timeline' }).getByText('Appended to the log').waitFor()
    await page.getByRole('region', { name: 'Payload' }).getByText('12345678901234567890').waitFor()
    assert.deepEqual(troubles, [])
  })

  it('finds it by receipt, by key and by the pasted event, and can send the address on', async () => {
    const { event_id, receipt_id, idempotency_key } = await someEvent()
    for (const q of [receipt_id, idempotency_key, JSON.stringify({ event_id, more: 1 })]) {
      const { page } = await console.open(`/search?q=${encodeURIComponent(q)}`)
      await page.getByText(/^Stored \d+ ms after/).waitFor()
      assert.equal(new URL(page.url()).pathname, `/events/${receipt_id}`)
      await page.context().close()
    }
  })

  it('is told where it was looked for when there is nothing', async () => {
    const { page, troubles } = await console.open('/search?q=no-such-id')
    await page.getByText('Nothing found.').waitFor()
    await page.getByText(/among event ids and idempotency keys of billing, shop, tenant_a/).waitFor()
    await page.getByText(/It may have been refused at the edge/).waitFor()
    assert.deepEqual(troubles, [])
  })

  it('watches a waiting event', async () => {
    const { page } = await console.open('/events/01936f0a-0000-7000-8000-00000000aaaa')
    await page.getByText(/^Waiting for .*, 310 ahead of it in partition 3\.$/).waitFor()
    await page.getByText('Stored: not yet').waitFor()
    await page.goto(`${console.dashboard.url}/events/01936f0a-0000-7000-8000-00000000beef`)
    await page.getByText(/^Unknown: made .* never accepted here, or too old\.$/).waitFor()
    await page.goto(`${console.dashboard.url}/events/01936f0a-0000-7000-8000-000000000500`)
    await page.getByText('Something broke on our side.').waitFor()
  })

  it('sees since when the processor is stopped, and that it drains after', async () => {
    const { page } = await console.open('/pipeline')
    await settled(page)
    console.fake.platform.setScenario('stopped')
    await page.getByText(/^Processor stopped: no heartbeat since \d\d:\d\d:\d\d \(\d+ s\)\.$/).waitFor()
    await page.getByText(/^\d+ events? (is|are) waiting in the log; none is lost\.$/).waitFor()
    await page.getByText('npx sluice dev start processor').waitFor()
    console.fake.platform.setScenario('catching_up')
    await page.getByText(/^Catching up: [\d,]+ waiting, 85\/s, empty in about .*\.$/).waitFor()
    console.fake.platform.setScenario('growing')
    await page.getByText(/^Growing by 40\/s; will not empty at this rate\.$/).waitFor()
  })
})

describe('a person with a pile of dead letters', () => {
  it('repairs a group: chooses, checks, redrives, watches, and finds those that failed again', async () => {
    const { page, troubles } = await console.open('/dlq')
    await page
      .getByRole('table', { name: 'Groups of dead letters' })
      .getByRole('button', { name: 'MISSING_FIELD /event_type' })
      .click()
    await page.getByRole('button', { name: 'Repair these' }).click()
    await page.getByText(/^\d+ dead letters can be redriven; \d+ failed again five times and are left out\.$/).waitFor()
    await page.getByRole('button', { name: /^Use these \d+$/ }).click()
    await page.getByRole('button', { name: 'Add an operation' }).click()
    await page.getByRole('textbox', { name: 'Path' }).fill('/event_type')
    await page.getByRole('textbox', { name: 'Value, as JSON' }).fill('order.created')
    await page.getByText('The value is not JSON').waitFor()
    await page.getByRole('textbox', { name: 'Value, as JSON' }).fill('"order.created"')
    await page.getByRole('button', { name: 'Use this edit' }).click()
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await page.getByText(/^\d+ would pass$/).waitFor()
    await page.getByRole('button', { name: 'Redrive all the same' }).click()
    await page.getByRole('textbox', { name: 'Rate, per second' }).fill('200')
    await page.getByRole('button', { name: /^Redrive \d+ …$/ }).click()
    const dialog = page.getByRole('dialog', { name: /^Redrive \d+ dead letters\?$/ })
    assert.equal(
      await dialog.getByRole('button', { name: 'Cancel' }).evaluate((element) => element === document.activeElement),
      true,
    )
    await dialog.getByRole('button', { name: /^Redrive \d+$/ }).click()
    await page.getByRole('progressbar', { name: 'Settled' }).waitFor()
    await page.getByRole('link', { name: /that failed again$/ }).click()
    await page.getByRole('heading', { name: 'taken by one redrive job' }).waitFor()
    await page.getByRole('table', { name: 'Dead letters', exact: true }).waitFor()
    assert.deepEqual(troubles, [])
  })

  it('cancels a job, reloads, and sees where it stopped', async () => {
    const { page } = await console.open('/dlq?reason=INVALID_FIELD&bench=1')
    await page.getByRole('button', { name: /^Use these \d+$/ }).click()
    await page.getByRole('button', { name: 'Leave unchanged' }).click()
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await page.getByRole('button', { name: 'Redrive all the same' }).click()
    await page.getByRole('textbox', { name: 'Rate, per second' }).fill('1')
    await page.getByRole('button', { name: /^Redrive \d+ …$/ }).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Redrive \d+$/ })
      .click()
    await page.getByRole('button', { name: 'Cancel the job …' }).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Cancel \d+$/ })
      .click()
    await page.getByText('Cancelled', { exact: true }).waitFor()
    await page.reload()
    await page.getByText('Cancelled', { exact: true }).waitFor()
    await page.getByRole('definition').first().waitFor()
  })

  it('dismisses one with a note, and sees it in its history', async () => {
    const { page } = await console.open('/dlq?reason=IDEMPOTENCY_CONFLICT')
    const row = page.getByRole('table', { name: 'Dead letters', exact: true }).getByRole('row').nth(1)
    await row.getByRole('button', { name: /^Actions for/ }).click()
    await page.getByRole('menuitem', { name: 'Dismiss' }).click()
    const dialog = page.getByRole('dialog', { name: 'Dismiss one dead letter' })
    await dialog.getByRole('button', { name: 'Dismiss 1' }).click()
    await dialog.getByRole('alert').getByText('Say why').waitFor()
    await dialog.getByRole('textbox').fill('a test of ours')
    await dialog.getByRole('button', { name: 'Dismiss 1' }).click()
    await page.getByText('Dismissed.', { exact: true }).waitFor()
    await row.getByText('Dismissed').waitFor()
    await row.getByRole('button').first().click()
    await page.getByRole('region', { name: 'History' }).getByText('a test of ours').waitFor()
    const redrive = page.getByRole('dialog', { name: 'Dead letter' }).getByRole('button', { name: 'Dismiss' })
    assert.equal(await redrive.getAttribute('aria-disabled'), 'true')
    assert.equal(await redrive.getAttribute('aria-description'), 'It is dismissed already.')
  })

  it('is shown the failing field in the body, and gives the address on', async () => {
    const { page } = await console.open('/dlq?reason=INVALID_FIELD&pointer=/occurred_at')
    await page
      .getByRole('table', { name: 'Dead letters', exact: true })
      .getByRole('row')
      .nth(1)
      .getByRole('button')
      .first()
      .click()
    const panel = page.getByRole('dialog', { name: 'Dead letter' })
    await panel.getByText('← this one').waitFor()
    await page.waitForURL(/[?&]id=/)
    const address = page.url()
    const { page: other } = await console.browser.open(address)
    await other.getByRole('dialog', { name: 'Dead letter' }).getByText('← this one').waitFor()
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'hidden' })
    await page.waitForURL((url) => !url.searchParams.has('id'))
  })
})

describe('a person with a keyboard', () => {
  it('reaches the page, a chart as a table, and a row of the list', async () => {
    const { page, troubles } = await console.open('/')
    await settled(page)
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the page')
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main')
    const asTable = page.getByRole('region', { name: 'Throughput' }).getByRole('button', { name: 'Show as table' })
    await asTable.focus()
    await page.keyboard.press('Space')
    await page.getByRole('table', { name: 'Throughput, events a minute' }).getByText('still running').waitFor()
    await page.goto(`${console.dashboard.url}/dlq`)
    await settled(page)
    const menu = page.getByRole('button', { name: /^Actions for/ }).first()
    await menu.focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('ArrowDown')
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Redrive')
    await page.keyboard.press('Escape')
    assert.ok(await menu.evaluate((element) => element === document.activeElement))
    assert.deepEqual(troubles, [])
  })

  it('keeps the focus and the place through refreshes', async () => {
    const { page } = await console.open('/dlq')
    await settled(page)
    const row = page.getByRole('checkbox', { name: /^Select/ }).nth(5)
    await row.focus()
    const place = await page.evaluate(() => window.scrollY)
    const before = console.fake.requests.length
    while (console.fake.requests.length < before + 8)
      await page.waitForResponse((response) => response.url().includes('/api/admin/'))
    assert.ok(await row.evaluate((element) => element === document.activeElement))
    assert.equal(await page.evaluate(() => window.scrollY), place)
  })
})
