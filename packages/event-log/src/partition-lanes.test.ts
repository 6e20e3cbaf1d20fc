import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppendRecord } from './event-log.ts'
import { createPartitionLanes } from './partition-lanes.ts'
import { partitionOfKey } from './partition-of-key.ts'

const aRecord = (key: string | null = null): AppendRecord => ({ key, value: Buffer.from('x'), headers: {} })

test('keyless appends take the partitions in turn', () => {
  const lanes = createPartitionLanes(3)
  const taken = Array.from({ length: 6 }, () => {
    const route = lanes.route([aRecord(), aRecord()])
    route.done()
    return route.parts.map((part) => part.partition)
  })
  assert.deepEqual(taken, [[0], [1], [2], [0], [1], [2]])
})

test('a keyless append passes over partitions where an append is under way', () => {
  const lanes = createPartitionLanes(3)
  const partitionOfNext = () => {
    const route = lanes.route([aRecord()])
    return { partition: route.parts[0]?.partition, done: route.done }
  }
  partitionOfNext()
  partitionOfNext().done()
  partitionOfNext()
  const third = partitionOfNext()
  assert.equal(third.partition, 1, '0 comes first in turn and is busy')
  assert.equal(partitionOfNext().partition, 2, 'with all busy it takes its turn rather than wait')
})

test('keyed records go where their key says, keyless ones together to one partition', () => {
  const lanes = createPartitionLanes(6)
  const records = [aRecord('a'), aRecord(), aRecord('b'), aRecord('a'), aRecord()]
  const { parts } = lanes.route(records)
  const partitionOf = (index: number) => parts.find((part) => part.indexes.includes(index))?.partition
  assert.equal(partitionOf(0), partitionOfKey('a', 6))
  assert.equal(partitionOf(3), partitionOfKey('a', 6))
  assert.equal(partitionOf(2), partitionOfKey('b', 6))
  assert.equal(partitionOf(1), partitionOf(4))
  const partitions = parts.map((part) => part.partition)
  assert.deepEqual(partitions, [...partitions].sort())
})

test('keyless records pass over blocked partitions, keyed ones cannot', () => {
  const lanes = createPartitionLanes(3)
  const isBlocked = (partition: number) => partition !== 2
  const taken = Array.from({ length: 3 }, () => lanes.route([aRecord()], isBlocked).parts[0]?.partition)
  assert.deepEqual(taken, [2, 2, 2])
  const [keyed] = lanes.route([aRecord('a')], () => true).parts
  assert.equal(keyed?.partition, partitionOfKey('a', 3))
  assert.equal(lanes.route([aRecord()], () => true).parts.length, 1, 'with all blocked it takes its turn')
})
