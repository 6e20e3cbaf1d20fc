import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isTenantId, isUuid, newReceiptId, parseIdempotencyKey, receiptTimeMs } from './identifiers.ts'

describe('receipt ids', () => {
  it('are UUIDs v7 that ascend, also within a millisecond and when the clock goes back', () => {
    const now = Date.now()
    const ids = Array.from({ length: 10_000 }, (_, index) => newReceiptId(now - (index % 3)))
    assert.deepEqual(ids, [...ids].sort())
    assert.equal(new Set(ids).size, ids.length)
    for (const id of ids.slice(0, 100))
      assert.match(id, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  })

  it('tell when they were made', () => {
    const later = Date.now() + 1_000_000
    assert.equal(receiptTimeMs(newReceiptId(later)), later)
    assert.equal(receiptTimeMs('9b2f6a1e-9a1f-4f4e-8a7e-0123456789ab'), null)
    assert.equal(isUuid('not a uuid'), false)
  })
})

describe('idempotency keys', () => {
  const table: [string, string | null][] = [
    ['k', 'k'],
    ['"k"', 'k'],
    ['"', '"'],
    ['""', null],
    ['', null],
    ['a b', null],
    ['a\u0000', null],
    ['é', null],
    ['x'.repeat(255), 'x'.repeat(255)],
    ['x'.repeat(256), null],
    [`"${'x'.repeat(255)}"`, 'x'.repeat(255)],
  ]
  for (const [raw, key] of table) {
    it(`reads ${JSON.stringify(raw).slice(0, 20)} as ${key === null ? 'no key' : 'a key'}`, () => {
      assert.equal(parseIdempotencyKey(raw), key)
    })
  }
})

it('takes tenant ids without separators only', () => {
  assert.deepEqual(['a', 'tenant_A-1', 'x'.repeat(64)].map(isTenantId), [true, true, true])
  assert.deepEqual(['', 'a:b', 'a b', 'x'.repeat(65), 'ä'].map(isTenantId), [false, false, false, false, false])
})
