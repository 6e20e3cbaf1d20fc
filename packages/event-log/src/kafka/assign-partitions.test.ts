import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assignPartitions } from './assign-partitions.ts'

/** Assigns to members that want these topics, all of three partitions but `six`. */
function assign(members: Record<string, string[]>): Record<string, Record<string, number[]>> {
  const wanted = new Map(
    Object.entries(members).map(([memberId, topics]) => [memberId, { memberId, version: 0, topics }]),
  )
  const partitionsOf = (topic: string) => (topic === 'six' ? 6 : 3)
  const topics = new Map(
    [...new Set(Object.values(members).flat())].map((topic) => [
      topic,
      { id: topic, partitions: [], partitionsCount: partitionsOf(topic), lastUpdate: 0 },
    ]),
  )
  const metadata = { id: 'c', brokers: new Map(), controllerId: 1, topics, lastUpdate: 0 }
  const assigned = assignPartitions('leader', wanted, new Set(), metadata)
  return Object.fromEntries(
    assigned.map(({ memberId, assignments }) => [
      memberId,
      Object.fromEntries([...assignments.values()].map(({ topic, partitions }) => [topic, partitions])),
    ]),
  )
}

test('members share the partitions of a topic, each once, the same whoever leads', () => {
  const expected = { a: { six: [0, 4] }, b: { six: [1, 5] }, c: { six: [2] }, d: { six: [3] } }
  assert.deepEqual(assign({ d: ['six'], b: ['six'], a: ['six'], c: ['six'] }), expected)
})

test('a member gets nothing of a topic that it does not want, and the others get all of it', () => {
  assert.deepEqual(assign({ a: ['six'], b: ['three'] }), { a: { six: [0, 1, 2, 3, 4, 5] }, b: { three: [0, 1, 2] } })
})

test('one member too many gets none', () => {
  assert.deepEqual(assign({ a: ['t'], b: ['t'], c: ['t'], d: ['t'] }).d, { t: [] })
})
