import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { openIngest, type Received, type Sending } from './testing/open-ingest.ts'

const MAX_BYTES = 262_144

const wrap = (...inside: (string | number[])[]) =>
  Buffer.concat(inside.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))
const inString = (...bytes: number[]) => wrap('{"a":"', bytes, '"}')
const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
const brackets = (count: number) => `{"a":${'['.repeat(count)}`
const member = (value: string) => `{"payload":{"n":${value}}}`

type Case = [name: string, sending: Sending, status: number, code?: string]
const body = (text: string | Buffer): Sending => ({ body: text })
const keyed = (key: string | string[] | null): Sending => ({ headers: { 'idempotency-key': key } })
const typed = (type: string | string[] | null): Sending => ({ headers: { 'content-type': type } })

/** By id of the fault matrix: what is sent, and what is answered. */
const CASES: Record<string, { what: string; cases: Case[] }> = {
  H1: {
    what: 'invalid UTF-8',
    cases: [
      ['an overlong form', body(inString(0xc0, 0xaf)), 400, 'MALFORMED_BODY'],
      ['a character cut by the end of its string', body(inString(0xe2, 0x82)), 400, 'MALFORMED_BODY'],
      ['a lone continuation', body(inString(0x80)), 400, 'MALFORMED_BODY'],
      ['a surrogate', body(inString(0xed, 0xa0, 0x80)), 400, 'MALFORMED_BODY'],
      ['in a name', body(wrap('{"', [0xff], '":1}')), 400, 'MALFORMED_BODY'],
      ['UTF-16', body(Buffer.from('{"a":1}', 'utf16le')), 400, 'MALFORMED_BODY'],
    ],
  },
  H2: {
    what: 'NUL',
    cases: [
      ['in a value', body('{"a":"\\u0000"}'), 400, 'NOT_I_JSON'],
      ['in a name', body('{"a\\u0000":1}'), 400, 'NOT_I_JSON'],
      ['in event_id', body('{"event_id":"e\\u0000"}'), 400, 'NOT_I_JSON'],
      ['as a byte', body('{"a":"\u0000"}'), 400, 'MALFORMED_BODY'],
    ],
  },
  H3: {
    what: 'lone surrogates',
    cases: [
      ['high', body('{"a":"\\ud800"}'), 400, 'NOT_I_JSON'],
      ['low', body('{"a":"\\udc00"}'), 400, 'NOT_I_JSON'],
      ['in the wrong order', body('{"a":"\\ude00\\ud83d"}'), 400, 'NOT_I_JSON'],
      ['in a name', body('{"\\ud800":1}'), 400, 'NOT_I_JSON'],
    ],
  },
  H4: {
    what: 'numbers at the edge',
    cases: ['12345678901234567890', '0.1e-400', '1.10', '-0', '1.7976931348623157e308'].map(
      (number): Case => [number, body(member(number)), 202],
    ),
  },
  H5: {
    what: 'numbers beyond it',
    cases: [
      ['1e400', body(member('1e400')), 400, 'NOT_I_JSON'],
      ['131,072 digits by exponents', body(member(`[${Array(100).fill('1e131071').join()}]`)), 400, 'NOT_I_JSON'],
      ['40,000 × 1e300', body(member(`[${Array(40_000).fill('1e300').join()}]`)), 400, 'NOT_I_JSON'],
    ],
  },
  H7: {
    what: "names of Object's prototype",
    cases: [
      ['__proto__', body('{"__proto__":{"polluted":1},"payload":{"__proto__":{"polluted":1}}}'), 202],
      ['__proto__, escaped', body('{"\\u005f_proto__":{"polluted":1}}'), 202],
      ['constructor.prototype', body('{"payload":{"constructor":{"prototype":{"polluted":1}}}}'), 202],
      ['__proto__ twice, once escaped', body('{"__proto__":1,"\\u005f_proto__":2}'), 400, 'NOT_I_JSON'],
    ],
  },
  H8: {
    what: 'depth',
    cases: [
      ['32', body(nested(32)), 202],
      ['33', body(nested(33)), 400, 'NOT_I_JSON'],
      ['5,000', body(brackets(5_000)), 400, 'NOT_I_JSON'],
      ['250,000 brackets', body(brackets(250_000)), 400, 'NOT_I_JSON'],
      ['250,000 braces', body('{"a":'.repeat(50_000)), 400, 'NOT_I_JSON'],
    ],
  },
  H9: {
    what: 'sizes',
    cases: [
      ['the limit', body(`{"a":"${'x'.repeat(MAX_BYTES - 8)}"}`), 202],
      ['one byte more', body(`{"a":"${'x'.repeat(MAX_BYTES - 7)}"}`), 413, 'TOO_LARGE'],
      ['one byte more, in chunks', { chunked: true, body: `{"a":"${'x'.repeat(MAX_BYTES - 7)}"}` }, 413, 'TOO_LARGE'],
      ['2⁵³ + 1 declared', { body: null, headers: { 'content-length': '9007199254740993' } }, 413, 'TOO_LARGE'],
      ['2⁶⁴ declared', { body: null, headers: { 'content-length': '18446744073709551616' } }, 400, 'BAD_REQUEST'],
    ],
  },
  H12: {
    what: 'what may come once only',
    cases: [
      ['two API keys', { headers: { 'x-api-key': ['key_a', 'key_a'] } }, 401, 'UNAUTHENTICATED'],
      ['an API key and a bearer token', { headers: { authorization: 'Bearer key_a' } }, 401, 'UNAUTHENTICATED'],
      ['two idempotency keys', keyed(['k', 'k']), 400, 'IDEMPOTENCY_KEY_MALFORMED'],
      ['two partition keys', { headers: { 'x-partition-key': ['p', 'p'] } }, 400, 'IDEMPOTENCY_KEY_MALFORMED'],
      ['two media types', typed(['application/json', 'application/json']), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ],
  },
  H13: {
    what: 'a field named __proto__',
    cases: [['beside those of an event', { headers: { ['__proto__']: 'x', constructor: 'y' } }, 202]],
  },
  H14: {
    what: 'media types',
    cases: [
      ['text/plain', typed('text/plain'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['none', typed(null), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['with garbage', typed('application/json garbage'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['with garbage behind a tab', typed('application/json\tgarbage'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['of another charset', typed('application/json; charset=utf-16'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['of UTF-8', typed('application/json; charset=utf-8'), 202],
    ],
  },
  H16: {
    what: 'idempotency keys',
    cases: [
      ['none', keyed(null), 400, 'IDEMPOTENCY_KEY_MISSING'],
      ['of 0 characters', keyed(''), 400, 'IDEMPOTENCY_KEY_MALFORMED'],
      ['of 0 characters in quotes', keyed('""'), 400, 'IDEMPOTENCY_KEY_MALFORMED'],
      ['of 1 character', keyed('x'), 202],
      ['of 255 characters', keyed('x'.repeat(255)), 202],
      ['of 256 characters', keyed('x'.repeat(256)), 400, 'IDEMPOTENCY_KEY_MALFORMED'],
      ['with a space', keyed('a b'), 400, 'IDEMPOTENCY_KEY_MALFORMED'],
      ['with a tab', keyed('a\tb'), 400, 'IDEMPOTENCY_KEY_MALFORMED'],
      ['with a character beyond ASCII', keyed('schlüssel'), 400, 'IDEMPOTENCY_KEY_MALFORMED'],
      ['joined by a comma and a space, as proxies do', keyed('a, b'), 400, 'IDEMPOTENCY_KEY_MALFORMED'],
    ],
  },
}

const open = (t: TestContext) =>
  openIngest(t, { ratePerMin: 1_000_000, maxEventBytes: MAX_BYTES, capBytes: 64 * MAX_BYTES })

for (const [id, { what, cases }] of Object.entries(CASES)) {
  test(`${id}: ${what}`, async (t) => {
    const { send, records } = await open(t)
    let accepted = 0
    for (const [nth, [name, sending, status, code]] of cases.entries())
      await t.test(`${name} is answered ${status} ${code ?? ''}`, async () => {
        const answer = await send({ ...sending, headers: { 'idempotency-key': `k${nth}`, ...sending.headers } })
        assert.deepEqual([answer.status, answer.json.code], [status, code])
        if (status === 202) accepted += 1
        assert.equal((await records()).length, accepted, 'only what was accepted is in the log')
      })
    assert.equal(({} as { polluted?: number }).polluted, undefined)
  })
}

test('H1 H7 H9: what is accepted stands in the log byte for byte', async (t) => {
  const { send, records } = await open(t)
  const texts = [
    '{"\\u005f_proto__":{"a":-0},"n":1.10}',
    ` {"a":"${'x'.repeat(MAX_BYTES - 12)}"}\r\n`,
    '{"\u00e9":"\\u00e9","e\u0301":"\ufdd0"}',
  ]
  for (const [nth, text] of texts.entries()) assert.equal((await send({ body: text, ...keyed(`k${nth}`) })).status, 202)
  const bodies = (await records()).map(({ value }) => {
    const reading = decodeEnvelope(value)
    return reading.type === 'envelope' ? Buffer.from(reading.event).toString() : reading.detail
  })
  assert.deepEqual(bodies.sort(), texts.toSorted())
})

test('H8: a body that is too deep is not read beyond the level that is one too many', async (t) => {
  const { send } = await open(t)
  const { json } = await send(body(brackets(250_000)))
  assert.equal(json.offset, '{"a":'.length + 31)
})

test('H16: one key of two tenants is two keys, and a colon joins no tenant to a key', async (t) => {
  const { send, records } = await open(t)
  const as = (apiKey: string, key: string): Promise<Received> =>
    send({ headers: { 'x-api-key': apiKey, 'idempotency-key': key } })
  for (const key of ['a:b', 'b', ':b', 'tenant_b:a:b'])
    for (const apiKey of ['key_a', 'key_b']) {
      const { status, json } = await as(apiKey, key)
      assert.deepEqual([status, json.duplicate], [202, false], `${apiKey} ${key}`)
    }
  assert.equal((await records()).length, 8)
})
