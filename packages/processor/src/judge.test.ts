import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { judgeRecord } from './judge.ts'
import { aBody, aLogRecord, anAccepted } from './testing/records.ts'

const DEAD_LETTER_ID = '01890a5d-ac96-774b-bcce-b302099a8057'

const judged = (value: Uint8Array) => {
  const record = judgeRecord(aLogRecord(value))
  return record.type === 'event'
    ? { type: record.type }
    : { reason: record.reason, stage: record.stage, pointer: record.pointer, key: record.head?.idempotencyKey ?? null }
}

const validate = { stage: 'validate', key: 'k' } as const
const decode = { reason: 'MALFORMED_RECORD', stage: 'decode', key: null } as const
const table: [string, Uint8Array, ReturnType<typeof judged>][] = [
  ['a whole event is an event', anAccepted('k').value, { type: 'event' }],
  ['no value at all is malformed', Buffer.alloc(0), { ...decode, pointer: null }],
  ['an event without its envelope is malformed', aBody(), { ...decode, pointer: null }],
  ['a broken head is malformed', Buffer.from('{"v":1,"receipt_id":oops,"event":{}}'), { ...decode, pointer: null }],
  [
    'a missing member is named',
    anAccepted('k', aBody({ event_type: undefined })).value,
    { ...validate, reason: 'MISSING_FIELD', pointer: '/event_type' },
  ],
  [
    'a member of the wrong kind is named',
    anAccepted('k', aBody({ schema_version: 'one' })).value,
    { ...validate, reason: 'INVALID_FIELD', pointer: '/schema_version' },
  ],
]

for (const [name, value, expected] of table) test(name, () => assert.deepEqual(judged(value), expected))

test('the position and the original bytes stay with the record', () => {
  const { value } = anAccepted('k')
  const { partition, offset, original } = judgeRecord(aLogRecord(value, { partition: 3, offset: 17 }))
  assert.deepEqual({ partition, offset }, { partition: 3, offset: 17n })
  assert.deepEqual(Buffer.from(original), value)
})

test('a redrive says which dead letter it belongs to and which attempt it is', () => {
  const headers = { 'sluice-dead-letter-id': DEAD_LETTER_ID, 'sluice-attempt': '2' }
  const { redrive } = judgeRecord(aLogRecord(anAccepted('k').value, { headers }))
  assert.deepEqual(redrive, { deadLetterId: DEAD_LETTER_ID, attempt: 2 })
})

test('redrive headers that are not ours are ignored', () => {
  const foreign: Record<string, string>[] = [
    {},
    { 'sluice-dead-letter-id': DEAD_LETTER_ID },
    { 'sluice-dead-letter-id': 'x', 'sluice-attempt': '1' },
    { 'sluice-dead-letter-id': DEAD_LETTER_ID, 'sluice-attempt': '-1' },
    { 'sluice-dead-letter-id': DEAD_LETTER_ID, 'sluice-attempt': '1e3' },
  ]
  for (const headers of foreign) {
    const { redrive } = judgeRecord(aLogRecord(anAccepted('k').value, { headers }))
    assert.equal(redrive, null, JSON.stringify(headers))
  }
})

test('a value nested deeper than any stack is a dead letter', () => {
  const deep = Buffer.from(`{"payload":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)
  const record = judgeRecord(aLogRecord(anAccepted('k', deep).value))
  assert.equal(record.type, 'dead_letter')
})

test('whatever bytes come, in the log or in the event, they are judged and never throw', () => {
  const verdict = (value: Uint8Array) => judgeRecord(aLogRecord(value)).type
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.equal(verdict(bytes), 'dead_letter')
      assert.equal(verdict(anAccepted('k', Buffer.from(bytes)).value), 'dead_letter')
    }),
  )
})

test('an envelope with one byte changed is judged and never throws', () => {
  const { value } = anAccepted('k')
  fc.assert(
    fc.property(fc.nat(value.length - 1), fc.nat(255), (at, byte) => {
      const changed = Buffer.from(value)
      changed[at] = byte
      assert.match(judgeRecord(aLogRecord(changed)).type, /^(event|dead_letter)$/)
    }),
  )
})
