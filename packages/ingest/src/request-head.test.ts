import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, it } from 'node:test'
import {
  apiKeyOf,
  distinctHeadersOf,
  idempotencyKeyOf,
  partitionKeyOf,
  refuseMedia,
  traceparentOf,
  wantsStrictHandling,
} from './request-head.ts'

const TAKEN = ['application/json']

describe('media type', () => {
  for (const type of [
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
  ])
    it(`takes ${type}`, () => assert.equal(refuseMedia({ 'content-type': [type] }, TAKEN), null))

  for (const type of [
    'text/plain',
    'application/json garbage',
    'application/json; charset=latin1',
    'application/json\tx',
    'application/jsonx',
    '',
  ])
    it(`refuses ${JSON.stringify(type)}`, () =>
      assert.equal(refuseMedia({ 'content-type': [type] }, TAKEN)?.code, 'UNSUPPORTED_MEDIA_TYPE'))

  it('refuses a request without one, or with two', () => {
    assert.equal(refuseMedia({}, TAKEN)?.code, 'UNSUPPORTED_MEDIA_TYPE')
    assert.equal(
      refuseMedia({ 'content-type': ['application/json', 'application/json'] }, TAKEN)?.code,
      'UNSUPPORTED_MEDIA_TYPE',
    )
  })

  it('refuses codings', () => {
    const headers = { 'content-type': ['application/json'], 'content-encoding': ['br'] }
    assert.equal(refuseMedia(headers, TAKEN)?.code, 'UNSUPPORTED_ENCODING')
  })
})

describe('API key', () => {
  it('comes by X-API-Key or as a bearer token', () => {
    assert.equal(apiKeyOf({ 'x-api-key': ['k'] }), 'k')
    assert.equal(apiKeyOf({ authorization: ['Bearer k'] }), 'k')
    assert.equal(apiKeyOf({ authorization: ['bearer  k'] }), 'k')
  })

  it('is none when there are two, or none, or it is no bearer token', () => {
    assert.equal(apiKeyOf({ 'x-api-key': ['k', 'k'] }), null)
    assert.equal(apiKeyOf({ 'x-api-key': ['k'], authorization: ['Bearer k'] }), null)
    assert.equal(apiKeyOf({}), null)
    assert.equal(apiKeyOf({ authorization: ['Basic abc'] }), null)
  })
})

describe('keys of an event', () => {
  it('tells a missing key from a malformed or doubled one', () => {
    const codeOf = (values: string[]) => {
      const key = idempotencyKeyOf({ 'idempotency-key': values })
      return 'code' in key ? key.code : key.key
    }
    assert.equal(codeOf([]), 'IDEMPOTENCY_KEY_MISSING')
    assert.equal(codeOf(['a b']), 'IDEMPOTENCY_KEY_MALFORMED')
    assert.equal(codeOf(['a', 'a']), 'IDEMPOTENCY_KEY_MALFORMED')
    assert.equal(codeOf(['"a"']), 'a')
  })

  it('takes a partition key by the same rule, and none', () => {
    assert.deepEqual(partitionKeyOf({}), { partitionKey: null })
    assert.deepEqual(partitionKeyOf({ 'x-partition-key': ['p'] }), { partitionKey: 'p' })
    assert.ok('code' in partitionKeyOf({ 'x-partition-key': ['p q'] }))
  })
})

it('reads the wish for strict handling among other preferences', () => {
  assert.equal(wantsStrictHandling({ prefer: ['respond-async, handling=strict'] }), true)
  assert.equal(wantsStrictHandling({ prefer: ['handling="strict"; x=1'] }), true)
  assert.equal(wantsStrictHandling({ prefer: ['handling=lenient'] }), false)
  assert.equal(wantsStrictHandling({}), false)
})

it('hands on a well-formed trace, and drops another without refusing the event', () => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  assert.equal(traceparentOf({ traceparent: [trace] }), trace)
  const broken = [
    'x',
    trace.toUpperCase(),
    trace.replace('00-', 'ff-'),
    trace.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32)),
  ]
  for (const other of broken) assert.equal(traceparentOf({ traceparent: [other] }), null, other)
  assert.equal(traceparentOf({ traceparent: [trace, trace] }), null)
})

describe('fields of a request', () => {
  const FIELDS = ['Content-Type', 'application/json', 'X-API-Key', 'key_a', 'Idempotency-Key', '"a,b"', 'Accept', '*/*']

  function requestWith(rawHeaders: readonly string[]): IncomingMessage {
    const request = new IncomingMessage(new Socket())
    request.rawHeaders.push(...rawHeaders)
    // As Node's parser does: `headers` and `headersDistinct` are made from what it hands over here.
    ;(request as unknown as { _addHeaderLines(fields: string[], count: number): void })._addHeaderLines(
      request.rawHeaders,
      rawHeaders.length,
    )
    return request
  }

  it('are what Node lists value by value', () => {
    const request = requestWith(FIELDS)
    for (const name of ['content-type', 'x-api-key', 'idempotency-key', 'prefer'])
      assert.deepEqual(distinctHeadersOf(request)[name], request.headersDistinct[name], name)
  })

  for (const again of ['X-API-Key', 'x-api-key', 'Content-Type', 'Accept'])
    it(`are all there when ${again} comes again`, () => {
      const request = requestWith([...FIELDS, again, 'second'])
      assert.deepEqual(distinctHeadersOf(request), request.headersDistinct)
    })
})
