import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgeEvent, listEventErrors, parseOccurredAt } from './event.ts'

const good = {
  event_id: 'e1',
  event_type: 'order.created',
  schema_version: 1,
  occurred_at: '2026-01-31T12:00:00Z',
  payload: {},
}
const judge = (change: Record<string, unknown>) => judgeEvent(Buffer.from(JSON.stringify({ ...good, ...change })))
const judgeText = (body: string) => judgeEvent(Buffer.from(body))

describe('event rules', () => {
  for (const field of Object.keys(good)) {
    it(`calls an event without ${field} MISSING_FIELD and points at it`, () => {
      const judgement = judge({ [field]: undefined })
      assert.ok(judgement.type === 'dead_letter')
      assert.deepEqual(
        [judgement.reason, judgement.pointer, judgement.stage],
        ['MISSING_FIELD', `/${field}`, 'validate'],
      )
    })
  }

  const invalid: [string, Record<string, unknown>][] = [
    ['/event_id', { event_id: '' }],
    ['/event_id', { event_id: 7 }],
    ['/event_id', { event_id: 'x'.repeat(256) }],
    ['/event_type', { event_type: null }],
    ['/schema_version', { schema_version: 0 }],
    ['/schema_version', { schema_version: 1.5 }],
    ['/schema_version', { schema_version: '1' }],
    ['/schema_version', { schema_version: 2_147_483_648 }],
    ['/occurred_at', { occurred_at: '2026-01-31T12:00:00' }],
    ['/occurred_at', { occurred_at: '2026-02-30T12:00:00Z' }],
    ['/payload', { payload: [] }],
    ['/payload', { payload: 'x' }],
  ]
  for (const [pointer, change] of invalid) {
    it(`calls ${JSON.stringify(change).slice(0, 40)} INVALID_FIELD`, () => {
      const judgement = judge(change)
      assert.ok(judgement.type === 'dead_letter')
      assert.deepEqual([judgement.reason, judgement.pointer], ['INVALID_FIELD', pointer])
    })
  }

  it('counts characters, not UTF-16 units', () => {
    assert.equal(judge({ event_id: '😀'.repeat(255) }).type, 'valid')
    assert.equal(judge({ event_id: '😀'.repeat(256) }).type, 'dead_letter')
  })

  it('keeps the bytes of the payload and of unknown members', () => {
    const judgement = judgeText(
      '{"event_id":"e","event_type":"t","schema_version":1.0,"occurred_at":"2026-01-01T00:00:00Z","payload":{"n": 12345678901234567890.10},"x\\"y":[1, -0],"__proto__":{"a":1}}',
    )
    assert.ok(judgement.type === 'valid')
    assert.equal(Buffer.from(judgement.event.payload).toString(), '{"n": 12345678901234567890.10}')
    assert.equal(Buffer.from(judgement.event.extra ?? []).toString(), '{"x\\"y":[1, -0],"__proto__":{"a":1}}')
    assert.equal(judgement.event.schemaVersion, 1)
  })

  it('tells what is no JSON from what the store would change', () => {
    const reasonOf = (body: string) => {
      const judgement = judgeText(body)
      return judgement.type === 'dead_letter' ? judgement.reason : judgement.type
    }
    assert.equal(reasonOf('{'), 'MALFORMED_RECORD')
    assert.equal(reasonOf('[]'), 'MALFORMED_RECORD')
    assert.equal(reasonOf('{"event_id":"\\u0000"}'), 'UNSTORABLE')
  })

  it('gives the ids of a dead letter where they can be read', () => {
    const judgement = judge({ payload: 1 })
    assert.ok(judgement.type === 'dead_letter')
    assert.deepEqual([judgement.eventId, judgement.eventType], ['e1', 'order.created'])
  })

  it('lists every broken rule for strict mode', () => {
    const errors = listEventErrors(Buffer.from('{"event_id":"","payload":{}}'))
    assert.deepEqual(
      errors.map(({ pointer }) => pointer),
      ['/event_id', '/event_type', '/schema_version', '/occurred_at'],
    )
    assert.deepEqual(listEventErrors(Buffer.from(JSON.stringify(good))), [])
  })
})

describe('occurred_at', () => {
  const table: [string, string | null][] = [
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00Z'],
    ['2026-01-31t12:00:00z', '2026-01-31T12:00:00Z'],
    ['2026-01-31T01:00:00+02:30', '2026-01-30T22:30:00Z'],
    ['2026-01-31T12:00:00-00:00', '2026-01-31T12:00:00Z'],
    ['2026-01-31T12:00:00.1234567Z', '2026-01-31T12:00:00.123456Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['2023-02-29T00:00:00Z', null],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['0001-01-01T00:00:00+01:00', null],
    ['0000-06-01T00:00:00Z', null],
    ['9999-12-31T23:59:59-01:00', null],
    ['2016-12-31T23:59:60Z', null],
    ['2026-01-31T24:00:00Z', null],
    ['2026-01-31 12:00:00Z', null],
    ['2026-01-31T12:00:00+24:00', null],
    ['+12026-01-31T12:00:00Z', null],
  ]
  for (const [text, instant] of table) {
    it(`reads ${text} as ${instant ?? 'no time'}`, () => assert.equal(parseOccurredAt(text), instant))
  }
})
