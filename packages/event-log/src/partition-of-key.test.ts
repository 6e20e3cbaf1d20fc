import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur2, partitionOfKey } from './partition-of-key.ts'

test('hashes as Kafka does, so that a foreign Kafka producer agrees on the partition', () => {
  // The vectors of Kafka's own UtilsTest.
  const vectors: Record<string, number> = {
    '21': -973932308,
    foobar: -790332482,
    'a-little-bit-long-string': -985981536,
    'a-little-bit-longer-string': -1486304829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
    abc: 479470107,
  }
  for (const [text, hash] of Object.entries(vectors)) assert.equal(murmur2(Buffer.from(text)), hash, text)
})

test('a negative hash still gives a partition within the range', () => {
  assert.equal(partitionOfKey('21', 6), (-973932308 & 0x7fffffff) % 6)
  for (let n = 0; n < 1_000; n += 1) assert.ok([0, 1, 2].includes(partitionOfKey(`key ${n}`, 3)))
})
