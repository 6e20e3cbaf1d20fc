import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toParcels } from './parcels.ts'
import { BATCH_HEAD_BYTES, createRecordBatch, RECORD_HEAD_BYTES } from './record-batch.ts'

const FACTS = { timestamp: 0n, producerId: 1n, producerEpoch: 0, sequence: 0 }
const MAX_BATCH_BYTES = 2_000

const records = fc.array(
  fc.record({
    key: fc.option(fc.string({ unit: 'binary', maxLength: 40 })),
    value: fc.uint8Array({ maxLength: 600 }),
    headers: fc.dictionary(fc.string({ maxLength: 10 }), fc.string({ unit: 'binary', maxLength: 40 }), { maxKeys: 3 }),
  }),
  { maxLength: 60 },
)

test('parcels hold the records asked for, in order, and each fits into a batch', () => {
  fc.assert(
    fc.property(records, (all) => {
      const asked = all.map((_, index) => index).filter((index) => index % 3 > 0)
      const parcels = toParcels(all, asked, MAX_BATCH_BYTES)
      assert.deepEqual(
        parcels.flatMap(({ indexes }) => indexes),
        asked,
      )
      for (const { indexes, tails, bytes } of parcels) {
        assert.equal(tails.length, indexes.length)
        const batch = createRecordBatch(tails, FACTS)
        assert.ok(batch.length <= BATCH_HEAD_BYTES + bytes && BATCH_HEAD_BYTES + bytes <= MAX_BATCH_BYTES)
        assert.ok(
          BATCH_HEAD_BYTES + bytes - batch.length < RECORD_HEAD_BYTES * tails.length,
          'no more room than needed',
        )
      }
    }),
  )
})

test('a record does not change when its caller uses the buffer for something else', () => {
  const value = Buffer.from('first')
  const [parcel] = toParcels([{ key: null, value, headers: {} }], [0], MAX_BATCH_BYTES)
  const before = createRecordBatch(parcel?.tails ?? [], FACTS)
  value.fill('x')
  assert.deepEqual(createRecordBatch(parcel?.tails ?? [], FACTS), before)
})
