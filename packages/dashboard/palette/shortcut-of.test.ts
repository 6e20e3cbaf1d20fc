import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Pressed, shortcutOf } from './shortcut-of.ts'

const press = (key: string, more: Partial<Pressed> = {}) =>
  shortcutOf({
    ...{ key, isModified: false, isCommand: false, isWriting: false, isAfterPrefix: false, areSingleKeysOn: true },
    ...more,
  })

test('Ctrl K and ⌘ K open the palette, also while somebody writes and with single keys off', () => {
  const more = { isModified: true, isCommand: true, isWriting: true, areSingleKeysOn: false }
  assert.deepEqual([press('k', more)?.type, press('K', more)?.type], ['palette', 'palette'])
})

test('a letter goes to a page only after g', () => {
  assert.deepEqual(press('g'), { type: 'prefix' })
  assert.deepEqual(press('d', { isAfterPrefix: true }), { type: 'page', path: '/dlq' })
  assert.deepEqual(press('p', { isAfterPrefix: true }), { type: 'page', path: '/pipeline' })
  assert.equal(press('x', { isAfterPrefix: true }), null)
  assert.equal(press('d'), null)
})

test('single keys act, and mean nothing where somebody writes, with a modifier, or when they are off', () => {
  assert.deepEqual(press('p'), { type: 'act', act: 'pause' })
  assert.deepEqual(press('?'), { type: 'act', act: 'shortcuts' })
  assert.deepEqual(press('/'), { type: 'page', path: '/search' })
  for (const more of [{ isWriting: true }, { isModified: true }, { areSingleKeysOn: false }] as const)
    for (const key of ['p', 'r', '?', '/', 'g']) assert.equal(press(key, more), null)
})
