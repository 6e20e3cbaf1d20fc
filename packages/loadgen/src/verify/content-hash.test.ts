import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hashBody, hashStored } from './content-hash.ts'
import { hashJson } from './json-hash.ts'

const same = (left: string, right: string) => assert.deepEqual(hashJson(left), hashJson(right), `${left} ${right}`)
const differs = (left: string, right: string) =>
  assert.notDeepEqual(hashJson(left), hashJson(right), `${left} ${right}`)

const BODY =
  '{"event_id":"e-1","event_type":"a.b","schema_version":1,"occurred_at":"2026-05-04T10:00:00.1+02:00","payload":{"n":1.10,"list":[1,2]},"more":{"x":12345678901234567890}}'
const STORED = {
  eventId: 'e-1',
  eventType: 'a.b',
  schemaVersion: 1,
  occurredAt: '2026-05-04T08:00:00.100000Z',
  payload: '{"list": [1, 2], "n": 1.10}',
  extra: '{"more": {"x": 12345678901234567890}}',
}

describe('hash of contents', () => {
  it('is the same for every spelling of a value', () => {
    same('{"a":1,"b":[true,null]}', ' { "b" : [ true , null ], "a" : 1 } ')
    same('1.10', '11e-1')
    same('100000', '1e5')
    same('-0', '0')
    same('0.1e-3', '0.00010')
    same('"\\u00e9\\n\\/\\""', '"é\\u000a/\\u0022"')
    same('"\\ud83d\\ude00"', '"😀"')
  })

  it('is another one for another value', () => {
    for (const [left, right] of [
      ['1', '2'],
      ['1', '10'],
      ['1', '-1'],
      ['9007199254740993', '9007199254740992'],
      ['12345678901234567890', '12345678901234567000'],
      ['1e400', '1e401'],
      ['1', '"1"'],
      ['null', 'false'],
      ['""', '{}'],
      ['[]', '{}'],
      ['[1,2]', '[2,1]'],
      ['[[1],2]', '[1,[2]]'],
      ['{"a":1,"b":2}', '{"a":2,"b":1}'],
      ['{"a":{"b":1}}', '{"a":1,"b":1}'],
      ['{"a":1}', '{"a":1,"b":null}'],
      ['"a"', '"A"'],
      ['"ab"', '"ba"'],
    ] as const)
      differs(left, right)
  })

  it('of a body is that of the row which it became', () => {
    assert.deepEqual(hashBody(BODY), hashStored(STORED))
  })

  it('of a row tells any change to it', () => {
    const expected = hashBody(BODY)
    for (const change of [
      { eventId: 'e-2' },
      { eventType: 'a.c' },
      { schemaVersion: 2 },
      { occurredAt: '2026-05-04T08:00:00.100001Z' },
      { occurredAt: '2026-05-04T08:00:01.100000Z' },
      { payload: '{"list": [1, 2], "n": 1.11}' },
      { payload: '{"list": [1, 2]}' },
      { extra: null },
      { extra: '{"more": {"x": 12345678901234567000}}' },
    ])
      assert.notDeepEqual(hashStored({ ...STORED, ...change }), expected, JSON.stringify(change))
  })

  it('takes seconds with and without zeros behind them for the same', () => {
    const body = BODY.replace('10:00:00.1+02:00', '10:00:10Z')
    assert.deepEqual(hashBody(body), hashStored({ ...STORED, occurredAt: '2026-05-04T10:00:10.000000Z' }))
  })

  it('is not given for what is no event', () => {
    for (const body of ['{"event_id":"e"}', BODY.replace('2026-05-04', 'yesterday')]) assert.equal(hashBody(body), null)
  })
})
