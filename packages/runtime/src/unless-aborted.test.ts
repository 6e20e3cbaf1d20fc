import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { unlessAborted } from './unless-aborted.ts'

test('what work comes to is told, and nothing of it stays on the signal', async () => {
  const { signal } = new AbortController()
  assert.equal(await unlessAborted(signal, Promise.resolve(7)), 7)
  await assert.rejects(unlessAborted(signal, Promise.reject(new Error('no'))), { message: 'no' })
  assert.deepEqual(getEventListeners(signal, 'abort'), [])
})

test('an abort ends the wait, before it and during it, and the failure that comes after is nobody’s', async () => {
  const stopping = new AbortController()
  const work = Promise.withResolvers<number>()
  const waiting = unlessAborted(stopping.signal, work.promise)
  stopping.abort()
  assert.equal(await waiting, null)
  work.reject(new Error('late'))
  // A rejection that nobody handles would fail this test now.
  await setImmediate()
  assert.equal(await unlessAborted(stopping.signal, new Promise(() => {})), null)
})
