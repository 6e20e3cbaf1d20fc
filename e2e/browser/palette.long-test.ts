import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { type Console, openConsole, settled } from './console.ts'

let console: Console
before(async () => {
  console = await openConsole()
})
after(() => console[Symbol.asyncDispose]())
afterEach(() => console.browser.closePages())

describe('the palette and the keys', () => {
  it('goes to pages, does what is chosen, and finds what is pasted', async () => {
    const { page, troubles } = await console.open('/?tenant=shop')
    await settled(page)
    const box = page.getByRole('combobox', { name: 'Page, action or id' })
    await page.keyboard.press('Control+k')
    await box.fill('dead')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Dead letters' }).waitFor()
    assert.match(page.url(), /\/dlq\?tenant=shop/)
    await page.keyboard.press('Control+k')
    await box.fill('pause')
    const { violations } = await new AxeBuilder({ page }).analyze()
    assert.deepEqual(
      violations.map(({ id }) => id),
      [],
    )
    await page.keyboard.press('Enter')
    await page.getByText(/^Paused/).waitFor()
    await page.getByRole('button', { name: 'Page, action or id (Ctrl K)' }).click()
    await box.fill('no-such-id')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/search\?.*q=no-such-id/)
    assert.deepEqual(troubles, [])
  })

  it('closes on Escape and gives the focus back', async () => {
    const { page } = await console.open('/')
    await settled(page)
    const button = page.getByRole('button', { name: 'Page, action or id (Ctrl K)' })
    await button.click()
    await page.getByRole('combobox', { name: 'Page, action or id' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('listbox').waitFor({ state: 'detached' })
    assert.ok(await button.evaluate((element) => element === document.activeElement))
  })

  it('has single keys, which mean nothing while somebody writes and can be switched off', async () => {
    const { page } = await console.open('/')
    await settled(page)
    await page.keyboard.press('g')
    await page.keyboard.press('s')
    await page.getByRole('heading', { level: 1, name: 'Search' }).waitFor()
    const search = page.getByRole('searchbox')
    await search.fill('')
    await search.pressSequentially('gp?')
    assert.equal(await search.inputValue(), 'gp?')
    await page.getByRole('heading', { level: 1 }).click()
    await page.keyboard.press('?')
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await dialog.getByRole('checkbox', { name: /Single keys/ }).uncheck()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    await page.reload()
    await settled(page)
    await page.keyboard.press('g')
    await page.keyboard.press('d')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Page, action or id' }).waitFor()
    assert.equal(new URL(page.url()).pathname, '/search')
  })
})
