import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAnswer } from './read-answer.ts'

test('keeps what a producer sent as text, digits included', () => {
  const answer = readAnswer('{"data":[{"receipt_id":"r","payload":{"n":12345678901234567890,"f":1.10},"extra":null}]}')
  assert.deepEqual(answer, { data: [{ receipt_id: 'r', payload: '{"n":12345678901234567890,"f":1.10}', extra: null }] })
})

test('reads other answers as they are, and tells what is not JSON', () => {
  assert.deepEqual(readAnswer('{"a":[1,null,"x"]}'), { a: [1, null, 'x'] })
  assert.equal(readAnswer('<html>'), null)
  assert.equal(readAnswer('{"payload":'), null)
})
