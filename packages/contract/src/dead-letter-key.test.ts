import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deadLetterKey } from './dead-letter-key.ts'

describe('dead-letter key', () => {
  it('is one for all copies of an event, and another for every other event', () => {
    const event = { tenantId: 'a', idempotencyKey: 'k', fingerprint: 'f' }
    assert.equal(deadLetterKey(event), deadLetterKey({ ...event }))
    const others = [
      { ...event, tenantId: 'b' },
      { ...event, idempotencyKey: 'l' },
      { ...event, fingerprint: 'g' },
    ]
    for (const other of others) assert.notEqual(deadLetterKey(event), deadLetterKey(other))
  })
})
