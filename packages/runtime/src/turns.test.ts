import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurns } from './turns.ts'

test('work goes in the order of the calls, one at a time, and a failure lets the next go', async () => {
  const inTurn = createTurns()
  const seen: string[] = []
  const first = Promise.withResolvers<void>()
  const failed = inTurn(async () => {
    seen.push('first begins')
    await first.promise
    seen.push('first ends')
    throw new Error('of the first')
  })
  const second = inTurn(async () => seen.push('second'))
  await new Promise(setImmediate)
  assert.deepEqual(seen, ['first begins'])
  first.resolve()
  await assert.rejects(failed, /of the first/)
  await second
  assert.deepEqual(seen, ['first begins', 'first ends', 'second'])
})
