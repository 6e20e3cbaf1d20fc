import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
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

  it('gives the ids of what the store could not keep, where they stand before it', () => {
    const judgement = judgeText('{"event_id":"e","event_type":"t","payload":{"a":"\\u0000"}}')
    assert.ok(judgement.type === 'dead_letter')
    assert.deepEqual(
      [judgement.reason, judgement.pointer, judgement.eventId, judgement.eventType],
      ['UNSTORABLE', '/payload/a', 'e', 't'],
    )
  })

  it('reads fields whose names are written with escapes', () => {
    assert.equal(judgeText(JSON.stringify(good).replace('event_id', '\\u0065vent_id')).type, 'valid')
  })

  it('gives no id that is longer than one may be, however it is written', () => {
    for (const eventId of ['x'.repeat(256), 'x'.repeat(100_000), '\u0001'.repeat(256)]) {
      const judgement = judge({ event_id: eventId })
      assert.ok(judgement.type === 'dead_letter')
      assert.deepEqual([judgement.reason, judgement.eventId], ['INVALID_FIELD', null])
    }
    assert.equal(judge({ event_id: '\u0001'.repeat(255) }).type, 'valid')
  })

  it('takes integers by value, but without an exponent', () => {
    const versions: [string, number | null][] = [
      ['1', 1],
      ['1.0', 1],
      ['2147483647.000', 2_147_483_647],
      ['1e0', null],
      ['-1', null],
      ['1.00000000000000000000001', null],
      ['2147483648', null],
    ]
    for (const [text, version] of versions) {
      const judgement = judgeText(JSON.stringify(good).replace('"schema_version":1', `"schema_version":${text}`))
      assert.equal(judgement.type === 'valid' ? judgement.event.schemaVersion : null, version, text)
    }
  })

  it('finds no rule broken exactly in what it calls valid', () => {
    const value = fc.oneof(fc.constant(undefined), fc.constantFrom(...Object.values(good)), fc.jsonValue())
    const change = fc.record(Object.fromEntries(Object.keys(good).map((field) => [field, value])))
    fc.assert(
      fc.property(change, (fields) => {
        const body = Buffer.from(JSON.stringify({ ...good, ...fields }))
        assert.equal(judgeEvent(body).type === 'valid', listEventErrors(body).length === 0)
      }),
    )
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
    ['2026-01-31T23:59:59.9999999Z', '2026-01-31T23:59:59.999999Z'],
    ['2026-01-31T12:00:00.Z', null],
    ['2026-00-31T12:00:00Z', null],
    ['2026-13-01T12:00:00Z', null],
    ['1900-02-29T00:00:00Z', null],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
    ['0050-03-01T00:30:00.25+01:00', '0050-02-28T23:30:00.25Z'],
    ['2026-01-31 12:00:00Z', null],
    ['2026-01-31T12:00:00+24:00', null],
    ['+12026-01-31T12:00:00Z', null],
  ]
  it('is the instant that Date reads, whatever the offset', () => {
    const instant = fc.date({
      min: new Date('0001-01-03T00:00:00Z'),
      max: new Date('9999-12-29T00:00:00Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(instant, fc.integer({ min: -1439, max: 1439 }), (date, minutes) => {
        const two = (value: number) => String(value).padStart(2, '0')
        const offset = `${minutes < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`
        const local = new Date(date.getTime() + minutes * 60_000).toISOString().replace('Z', offset)
        assert.equal(parseOccurredAt(local), date.toISOString())
      }),
    )
  })

  for (const [text, instant] of table) {
    it(`reads ${text} as ${instant ?? 'no time'}`, () => assert.equal(parseOccurredAt(text), instant))
  }
})
