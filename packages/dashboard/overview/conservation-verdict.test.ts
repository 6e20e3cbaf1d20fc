import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conservationVerdict } from './conservation-verdict.ts'

test('never says that nothing is missing before somebody has compared', () => {
  assert.equal(conservationVerdict({ gap: null, settled: false, waiting: null }).tone, 'unknown')
  assert.deepEqual(conservationVerdict({ gap: 0, settled: false, waiting: 3 }), {
    tone: 'ok',
    text: 'Nothing is missing.',
    gap: 0,
  })
})

test('tells a gap from what is still settling', () => {
  assert.deepEqual(conservationVerdict({ gap: 3, settled: true, waiting: 0 }), {
    tone: 'bad',
    text: '3 events are missing.',
    gap: 3,
  })
  assert.equal(conservationVerdict({ gap: 1, settled: false, waiting: 9 }).text, 'Settling: 1 event is missing.')
  assert.equal(conservationVerdict({ gap: -2, settled: true, waiting: 0 }).text, '2 events more than were accepted.')
})
