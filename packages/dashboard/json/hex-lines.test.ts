import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hexLines, originalBytes } from './hex-lines.ts'

test('shows bytes that are no text', () => {
  assert.deepEqual(hexLines(originalBytes('//5BAEI=', 'base64')), [
    { offset: '000000', hex: 'ff fe 41 00 42', text: '..A.B' },
  ])
  assert.deepEqual(hexLines(originalBytes('', 'utf8')), [])
  const [, second] = hexLines(originalBytes('0123456789abcdefgrün', 'utf8'))
  assert.deepEqual(second, { offset: '000010', hex: '67 72 c3 bc 6e', text: 'gr..n' })
})
