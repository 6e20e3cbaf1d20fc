import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fairShare } from './fair-share.ts'

test('the shares of any number of members differ by at most one and add up to all partitions', () => {
  for (let partitions = 1; partitions <= 12; partitions += 1)
    for (let members = 1; members <= 14; members += 1) {
      const shares = Array.from({ length: members }, (_, elders) => fairShare(partitions, members, elders))
      assert.equal(
        shares.reduce((sum, share) => sum + share, 0),
        partitions,
      )
      assert.ok(Math.max(...shares) - Math.min(...shares) <= 1, `${partitions} among ${members}`)
    }
})
