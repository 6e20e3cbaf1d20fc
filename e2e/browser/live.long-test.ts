import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { type Console, openConsole, settled } from './console.ts'

let console: Console
before(async () => {
  console = await openConsole()
})
after(() => console[Symbol.asyncDispose]())
afterEach(() => console.browser.closePages())
afterEach(() => console.fake.platform.setScenario('normal'))

describe('the live page', () => {
  it('shows what happens, each leading to its journey, and can be filtered', async () => {
    const { page, troubles } = await console.open('/live')
    const rows = page.getByRole('row')
    await page.getByText('Live', { exact: true }).first().waitFor()
    await rows.nth(5).waitFor()
    await page.getByRole('combobox', { name: 'Outcome' }).selectOption({ label: 'Dead-lettered' })
    await page.waitForURL(/outcome=dead_lettered/)
    await page.getByText('INVALID_FIELD').first().waitFor()
    await eventually(async () => (await page.getByRole('cell', { name: 'Accepted', exact: true }).count()) === 0)
    await page
      .getByRole('link', { name: /: its journey$/ })
      .first()
      .click()
    await page.waitForURL(/\/events\//)
    assert.deepEqual(troubles, [])
  })

  it('keeps counting while it pauses, and shows nothing new', async () => {
    const { page } = await console.open('/live')
    await page.getByRole('row').nth(5).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    const top = page.getByRole('row').nth(1)
    await page.getByText(/\d passed/).waitFor()
    const before = await top.textContent()
    await page.getByText(/[2-9]\d passed/).waitFor()
    assert.equal(await top.textContent(), before)
    await page.getByRole('button', { name: 'Resume' }).click()
    await eventually(async () => (await top.textContent()) !== before)
  })

  it('says of a flood how much of it is shown, and draws what is in sight only', async () => {
    const { page } = await console.open('/live?tenant=huge')
    await page.getByText(/showing 1 in 4/).waitFor()
    await page.getByText('2,000 rows').waitFor()
    assert.ok((await page.getByRole('row').count()) < 100)
  })

  it('says so when it cannot connect, and connects by itself once it can', async () => {
    console.fake.platform.setScenario('error_503')
    const { page } = await console.open('/live')
    await page.getByText('The stream of events cannot be opened.').waitFor()
    console.fake.platform.setScenario('normal')
    await page.getByRole('row').nth(5).waitFor()
  })

  it('shows nothing on a platform that nobody uses, and says what will come', async () => {
    console.fake.platform.setScenario('first_run')
    const { page } = await console.open('/live')
    await settled(page)
    await page.getByText('Nothing has happened yet.').waitFor()
  })
})
