import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitUnseen } from './split-unseen.ts'

const shown = (text: string) =>
  splitUnseen(text)
    .map((part) => (part.isUnseen ? `[${part.text}]` : part.text))
    .join('')

test('shows what would be invisible or would turn the text around', () => {
  assert.equal(shown('a\u202eb'), 'a[U+202E]b')
  assert.equal(shown('\u0000\u001b[31m'), '[U+0000][U+001B][31m')
  assert.equal(shown('zero\u200bwidth\ufeff'), 'zero[U+200B]width[U+FEFF]')
  assert.equal(shown('\ud800 alone'), '[U+D800] alone')
  assert.equal(shown('\u{e0041}'), '[U+E0041]')
})

test('leaves all other text as it is', () => {
  for (const text of ['', 'plain', 'grün 😀 日本', 'two\nlines\tand a tab', '<script>alert(1)</script>'])
    assert.equal(shown(text), text)
})
