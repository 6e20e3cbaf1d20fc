import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeDeadLetterHeaders } from '@sluice/contract/dead-letter'
import { RAW_TOPIC } from '@sluice/contract/topics'
import { toDeadLetterRecord } from './dead-letter-records.ts'
import { judgeRecord } from './judge.ts'
import { aBody, aLogRecord, anAccepted } from './testing/records.ts'

const FAILURE = {
  reason: 'MISSING_FIELD',
  detail: 'event_type is missing',
  pointer: '/event_type',
  stage: 'validate',
  attempt: 2,
} as const
const NOW = Date.parse('2026-05-04T10:00:00.123Z')

const recordOf = (value: Uint8Array, offset = 0) =>
  toDeadLetterRecord(RAW_TOPIC, judgeRecord(aLogRecord(value, { partition: 1, offset })), FAILURE, NOW)

test('it carries the original bytes, and the facts in its headers', () => {
  const { value } = anAccepted('k', aBody({ event_type: undefined }))
  const record = recordOf(value, 7)
  assert.deepEqual(Buffer.from(record.value), value)
  assert.deepEqual(decodeDeadLetterHeaders(record.headers), {
    ...FAILURE,
    failedAt: '2026-05-04T10:00:00.123Z',
    source: { topic: RAW_TOPIC, partition: 1, offset: 7n },
  })
})

test('copies of one event have one key, wherever they were in the log', () => {
  const [first, copy] = [anAccepted('k'), anAccepted('k')]
  assert.notDeepEqual(first.value, copy.value, 'each has a receipt of its own')
  assert.equal(recordOf(first.value, 1).key, recordOf(copy.value, 2).key)
  assert.notEqual(recordOf(first.value).key, recordOf(anAccepted('other').value).key)
})

test('what has no readable event is known by its position and bytes', () => {
  const garbage = Buffer.from('garbage')
  assert.equal(recordOf(garbage, 1).key, recordOf(garbage, 1).key)
  assert.notEqual(recordOf(garbage, 1).key, recordOf(garbage, 2).key)
  assert.notEqual(recordOf(garbage, 1).key, recordOf(Buffer.from('other'), 1).key)
})
