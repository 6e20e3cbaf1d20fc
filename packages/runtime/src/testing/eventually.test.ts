import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from './eventually.ts'

test('asks again until the fact neither throws nor is false, null or undefined', async () => {
  const answers: unknown[] = [undefined, null, false, new Error('not yet'), 0]
  const answer = await eventually(() => {
    const next = answers.shift()
    if (next instanceof Error) throw next
    return next
  })
  assert.equal(answer, 0)
  assert.deepEqual(answers, [])
})

test('says what did not come about, and why', async () => {
  const waiting = eventually(() => assert.fail('still 3 waiting'), { timeoutMs: 30, message: 'an empty log' })
  await assert.rejects(waiting, (error: Error) => {
    assert.equal(error.message, 'an empty log did not come about within 30 ms')
    assert.match(String(error.cause), /still 3 waiting/)
    return true
  })
})
