import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nodeAt, parseJsonText, pointerTo } from './parse-json-text.ts'

const textAt = (text: string, pointer: string): string | null => {
  const root = parseJsonText(text)
  const node = root === null ? null : nodeAt(root, pointer)
  return node === null ? null : text.slice(node.start, node.end)
}

describe('JSON as text', () => {
  it('keeps the digits of numbers', () => {
    for (const number of ['12345678901234567890', '1e400', '1.10', '-0', '0.1000'])
      assert.equal(textAt(`{"n": ${number}}`, '/n'), number)
  })

  it('agrees with JSON.parse on what is JSON', () => {
    const texts = ['{}', '[]', '""', '0', 'null', ' {"a":[1,2,{"b":"\\u0041"}]} ', '{"a":1,"a":2}', '-1.5e-3']
    const broken = [
      '',
      '{',
      '{]',
      '[1,]',
      '{"a":1,}',
      '01',
      '1.',
      '.5',
      "'a'",
      '"\n"',
      '{"a" 1}',
      '[1 2]',
      'nul',
      '{} x',
      '"\\x"',
      '\u00a01',
    ]
    for (const text of texts) {
      assert.doesNotThrow(() => JSON.parse(text))
      assert.notEqual(parseJsonText(text), null, text)
    }
    for (const text of broken) {
      assert.throws(() => JSON.parse(text), text)
      assert.equal(parseJsonText(text), null, text)
    }
  })

  it('takes 32 levels, and refuses what would exhaust the stack', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    assert.notEqual(parseJsonText(nested(32)), null)
    assert.equal(parseJsonText(nested(100_000)), null)
  })

  it('finds members by pointer, escaped ones and the last of repeated ones included', () => {
    const text = '{"a/b":{"~":[10,20]},"x":1,"x":2}'
    assert.equal(textAt(text, '/a~1b/~0/1'), '20')
    assert.equal(textAt(text, '/x'), '2')
    assert.equal(textAt(text, ''), text)
    for (const nowhere of ['/y', '/a~1b/~0/2', '/x/y', 'x']) assert.equal(textAt(text, nowhere), null)
    assert.equal(pointerTo(pointerTo('', 'a/b'), '~'), '/a~1b/~0')
  })
})
