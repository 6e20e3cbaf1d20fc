import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cell, duration, table } from './table.ts'
import { visibleText } from './visible-text.ts'

describe('reports', () => {
  it('are columns of equal width, unknown values a dash', () => {
    assert.equal(
      table([
        ['A', 'B'],
        ['long', cell(null)],
        ['x', cell(0)],
      ]),
      'A     B\nlong  -\nx     0\n',
    )
    assert.equal(table([]), '')
  })

  it('tell durations as people do', () => {
    assert.deepEqual([4.4, 200, 18_120, null].map(duration), ['4 s', '3 min 20 s', '5 h 2 min', '-'])
  })

  it('show what a terminal would obey, turn around or hide', () => {
    assert.equal(visibleText('\u001b]0;owned\u0007'), '\\u{1b}]0;owned\\u{7}')
    assert.equal(visibleText('\u202egnp.exe'), '\\u{202e}gnp.exe')
    assert.equal(visibleText('a\u200bb\u0085c\u{e0041}\r\n'), 'a\\u{200b}b\\u{85}c\\u{e0041}\\u{d}\\u{a}')
    assert.equal(visibleText('grüße 漢字 😀'), 'grüße 漢字 😀')
  })
})
