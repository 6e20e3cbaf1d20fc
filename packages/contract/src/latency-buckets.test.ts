import assert from 'node:assert/strict'
import { it } from 'node:test'
import { LATENCY_BUCKETS, latencyBucket, percentileFromBuckets } from './latency-buckets.ts'

it('puts a latency into the first bucket whose bound is not below it', () => {
  assert.deepEqual([-5, 0, 1, 1.5, 10_000_000].map(latencyBucket), [0, 0, 0, 1, LATENCY_BUCKETS - 1])
})

it('reads percentiles from counts, and none from nothing', () => {
  const counts = new Array<number>(LATENCY_BUCKETS).fill(0)
  assert.equal(percentileFromBuckets(counts, 0.5), null)
  counts[latencyBucket(10)] = 100
  assert.equal(percentileFromBuckets(counts, 0.5), 8.5)
  assert.equal(percentileFromBuckets(counts, 1), 10)
})
