import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CommitPosition, createBatchesInHand, type Holding } from './batches-in-hand.ts'
import type { LogRecord } from './event-log.ts'

const aHolding = (partition: number): Holding => ({ partition, ours: true })
const aRecord = (partition: number, offset: bigint): LogRecord => ({
  topic: 't',
  partition,
  offset,
  key: null,
  value: Buffer.from('x'),
  headers: {},
  appendedAt: new Date(0),
})
const inHandWithLedger = () => {
  const written: string[] = []
  const inHand = createBatchesInHand('generation', async (positions: readonly CommitPosition<Holding>[]) => {
    written.push(positions.map(({ holding, next }) => `${holding.partition}:${next}`).join(' '))
    return positions
  })
  return { inHand, written }
}

test('commits the last offset + 1 of each partition of the batch', async () => {
  const { inHand, written } = inHandWithLedger()
  const holdings = [aHolding(0), aHolding(1), aHolding(2)]
  const batch = inHand.give([aRecord(0, 4n), aRecord(0, 5n), aRecord(1, 9n)], holdings)
  assert.deepEqual(await batch.commit(), [0, 1])
  assert.deepEqual(written, ['0:6 1:10'])
})

test('a commit asked for early waits for the earlier batch of the same partition', async () => {
  const { inHand, written } = inHandWithLedger()
  const holding = aHolding(0)
  const [first, second] = [inHand.give([aRecord(0, 0n)], [holding]), inHand.give([aRecord(0, 1n)], [holding])]
  const early = second.commit()
  await new Promise(setImmediate)
  assert.deepEqual(written, [])
  await first.commit()
  await early
  assert.deepEqual(written, ['0:1', '0:2'])
})

test('batches of different partitions do not wait for each other', async () => {
  const { inHand, written } = inHandWithLedger()
  inHand.give([aRecord(0, 0n)], [aHolding(0)])
  await inHand.give([aRecord(1, 0n)], [aHolding(1)]).commit()
  assert.deepEqual(written, ['1:1'])
})

test('a lost partition aborts its batches, is left out of their commits and keeps nobody waiting', async () => {
  const { inHand, written } = inHandWithLedger()
  const [lost, kept] = [aHolding(0), aHolding(1)]
  const first = inHand.give([aRecord(0, 0n)], [lost])
  const second = inHand.give([aRecord(0, 1n), aRecord(1, 0n)], [lost, kept])
  const early = second.commit()
  inHand.revoke(lost)
  assert.ok(first.revoked.aborted && second.revoked.aborted)
  assert.deepEqual(await early, [1])
  assert.deepEqual(await first.commit(), [])
  assert.deepEqual(written, ['1:1'])
})

test('a batch of an earlier holding cannot be committed after the partition was won again', async () => {
  const { inHand, written } = inHandWithLedger()
  const old = aHolding(0)
  const batch = inHand.give([aRecord(0, 7n)], [old])
  inHand.revoke(old)
  await inHand.give([aRecord(0, 0n)], [aHolding(0)]).commit()
  assert.deepEqual(await batch.commit(), [])
  assert.deepEqual(written, ['0:1'])
})

test('asking twice writes once; after an error it tries again', async () => {
  let failures = 1
  let writes = 0
  const inHand = createBatchesInHand('generation', async (positions: readonly CommitPosition<Holding>[]) => {
    if (failures-- > 0) throw new Error('away')
    writes += 1
    return positions
  })
  const batch = inHand.give([aRecord(0, 0n)], [aHolding(0)])
  await assert.rejects(batch.commit(), /away/)
  assert.deepEqual(await Promise.all([batch.commit(), batch.commit()]), [[0], [0]])
  assert.equal(writes, 1)
})

test('says which partitions were written when one was lost during the writing', async () => {
  const inHand = createBatchesInHand('generation', async (positions: readonly CommitPosition<Holding>[]) =>
    positions.filter(({ holding }) => holding.partition === 1),
  )
  const holdings = [aHolding(0), aHolding(1)]
  assert.deepEqual(await inHand.give([aRecord(0, 0n), aRecord(1, 0n)], holdings).commit(), [1])
})
