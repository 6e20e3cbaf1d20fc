import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSenderOf } from './tenant-shares.ts'

const sharesOf = (...shares: [string, number][]) =>
  shares.map(([tenantId, share]) => ({ sender: { tenantId, apiKey: `key-${tenantId}` }, share }))
const firstOf = (shares: ReturnType<typeof sharesOf>, count: number) => {
  const senderOf = createSenderOf(shares)
  return Array.from({ length: count }, (_, seq) => senderOf(seq).tenantId).join('')
}

describe('shares of tenants', () => {
  it('take turns when they are equal', () => assert.equal(firstOf(sharesOf(['a', 1], ['b', 1]), 6), 'ababab'))

  it('are spread over the round, and are exact', () => {
    assert.equal(firstOf(sharesOf(['a', 3], ['b', 1]), 8), 'aabaaaba')
    const dealt = firstOf(sharesOf(['n', 20], ['x', 1], ['y', 1]), 2_200)
    assert.deepEqual(
      ['n', 'x', 'y'].map((name) => dealt.split(name).length - 1),
      [2_000, 100, 100],
    )
  })
})
