import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonLines, visibleLines } from './json-lines.ts'
import { parseJsonText } from './parse-json-text.ts'

function linesOf(text: string) {
  const root = parseJsonText(text)
  assert.ok(root)
  return jsonLines(root, text)
}

test('lays JSON out without changing a digit of it', () => {
  const text = '{"n":12345678901234567890,"list":[1.10,1e400],"empty":{},"n":null}'
  const lines = linesOf(text)
  const written = lines.map(
    ({ depth, name, text: value, comma }) =>
      `${' '.repeat(depth)}${name === null ? '' : `${name}: `}${value}${comma ? ',' : ''}`,
  )
  assert.deepEqual(written, [
    '{',
    ' "n": 12345678901234567890,',
    ' "list": [',
    '  1.10,',
    '  1e400',
    ' ],',
    ' "empty": {},',
    ' "n": null',
    '}',
  ])
  assert.deepEqual(
    lines.map(({ pointer }) => pointer),
    ['', '/n', '/list', '/list/0', '/list/1', '/list', '/empty', '/n', ''],
  )
})

test('hides what is folded, from its first line to its last', () => {
  const seen = visibleLines(linesOf('{"a":{"b":[1,2]},"c":3}'), new Set(['/a']))
  assert.deepEqual(
    seen.map(({ text }) => text),
    ['{', '{', '3', '}'],
  )
})
