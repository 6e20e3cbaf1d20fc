import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { after, afterEach, before, describe, it } from 'node:test'
import { type Console, openConsole, settled } from './console.ts'

let console: Console
before(async () => {
  console = await openConsole()
})
after(() => console[Symbol.asyncDispose]())
afterEach(() => console.browser.closePages())

describe('the audit and what can be taken away', () => {
  it('tells who changed what, filtered, paged, with what was before and after', async () => {
    const { page, troubles } = await console.open('/audit')
    await settled(page)
    await page.getByRole('combobox', { name: 'Action' }).selectOption({ label: 'Dismiss' })
    await page.waitForURL(/action=dismiss/)
    // The list before stays until the next one is there.
    await page
      .getByRole('row')
      .filter({ hasText: /Redrive|Cancel|Test event|API key/ })
      .first()
      .waitFor({ state: 'detached' })
    await page.getByRole('row').nth(3).waitFor()
    for (const row of (await page.getByRole('row').all()).slice(1, 4))
      assert.match((await row.textContent()) ?? '', /Dismiss/)
    await page
      .getByRole('button', { name: /^Before and after/ })
      .first()
      .click()
    const dialog = page.getByRole('dialog', { name: 'Dismiss: before and after' })
    await dialog.getByRole('region', { name: 'Before' }).getByText('"state": "open"').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Clear filter' }).click()
    await page.getByRole('button', { name: 'Older' }).click()
    await page.waitForURL(/cursor=50/)
    assert.deepEqual(troubles, [])
  })

  for (const [path, name] of [
    ['/audit?action=dismiss', 'audit'],
    ['/dlq?reason=INVALID_FIELD', 'dead-letters'],
    ['/search?type=order.paid', 'events'],
  ] as const)
    it(`takes the list of ${path} away, all of it, as CSV and as NDJSON`, async () => {
      const { page, troubles } = await console.open(path)
      await settled(page)
      const take = async (format: string) => {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('link', { name: `${format} of this list` }).click(),
        ])
        assert.match(download.suggestedFilename(), new RegExp(`^sluice-${name}-[\\dT-]+\\.${format.toLowerCase()}$`))
        return text(await download.createReadStream())
      }
      const rows = (await take('NDJSON')).trimEnd().split('\n')
      assert.ok(rows.length > 10)
      for (const row of rows) assert.ok(JSON.parse(row))
      const csv = (await take('CSV')).trimEnd().split('\r\n')
      // Events go on happening between the two, and old ones leave the list.
      assert.ok(Math.abs(csv.length - 1 - rows.length) <= 5, `${csv.length} lines and ${rows.length}`)
      assert.deepEqual(troubles, [])
    })

  it('S8 takes nothing away for whoever is not signed in, and only lists that there are', async () => {
    await using locked = await openConsole({ token: 'a-token-of-16-chars' })
    const ask = async (url: string) => (await fetch(url)).status
    assert.equal(await ask(`${locked.dashboard.url}/api/export/events?format=csv`), 401)
    assert.equal(await ask(`${locked.dashboard.url}/api/admin/live`), 401)
    assert.equal(await ask(`${console.dashboard.url}/api/export/tenants?format=csv`), 404)
    assert.equal(await ask(`${console.dashboard.url}/api/export/events?format=xlsx`), 404)
    assert.equal(await ask(`${console.dashboard.url}/api/export/events?format=csv&tenant=error_503`), 503)
  })
})
