import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { checkObject, scanObject } from './i-json.ts'

const codeOf = (body: string | Uint8Array) => checkObject(Buffer.from(body))?.code ?? null
const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`

describe('I-JSON check', () => {
  const table: [string, string | Uint8Array, string | null][] = [
    ['an empty object', '{}', null],
    ['space around every token', ' { "a" : [ 1 , 2 ] , "b" : { } } \n', null],
    ['ordinary names that JavaScript gives a meaning', '{"__proto__":1,"constructor":{"prototype":2}}', null],
    ['nothing at all', '', 'MALFORMED_BODY'],
    ['a byte order mark', '\ufeff{}', 'MALFORMED_BODY'],
    ['an array', '[1]', 'NOT_AN_OBJECT'],
    ['a string', '"x"', 'NOT_AN_OBJECT'],
    ['text after the object', '{} {}', 'MALFORMED_BODY'],
    ['a trailing comma in an object', '{"a":1,}', 'MALFORMED_BODY'],
    ['a trailing comma in an array', '{"a":[1,]}', 'MALFORMED_BODY'],
    ['a leading comma', '{,"a":1}', 'MALFORMED_BODY'],
    ['a missing comma', '{"a":1 "b":2}', 'MALFORMED_BODY'],
    ['two commas', '{"a":[1,,2]}', 'MALFORMED_BODY'],
    ['a missing colon', '{"a" 1}', 'MALFORMED_BODY'],
    ['an open object', '{"a":1', 'MALFORMED_BODY'],
    ['an open array closed as an object', '{"a":[1}}', 'MALFORMED_BODY'],
    ['an open string', '{"a":"x', 'MALFORMED_BODY'],
    ['a number with a leading zero', '{"a":01}', 'MALFORMED_BODY'],
    ['a number without digits', '{"a":-}', 'MALFORMED_BODY'],
    ['a number that ends in its point', '{"a":1.}', 'MALFORMED_BODY'],
    ['NaN', '{"a":NaN}', 'MALFORMED_BODY'],
    ['a raw newline in a string', '{"a":"x\ny"}', 'MALFORMED_BODY'],
    ['an unknown escape', '{"a":"\\x41"}', 'MALFORMED_BODY'],
    [
      'an overlong UTF-8 form',
      Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc0, 0xaf, 0x22, 0x7d]),
      'MALFORMED_BODY',
    ],
    ['a lone continuation byte', Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0x80, 0x22, 0x7d]), 'MALFORMED_BODY'],
    [
      'a surrogate in UTF-8',
      Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d]),
      'MALFORMED_BODY',
    ],
    ['a NUL escape in a value', '{"a":"\\u0000"}', 'NOT_I_JSON'],
    ['a NUL escape in a name', '{"\\u0000":1}', 'NOT_I_JSON'],
    ['a lone high surrogate', '{"a":"\\ud800"}', 'NOT_I_JSON'],
    ['a lone low surrogate', '{"a":"\\udc00"}', 'NOT_I_JSON'],
    ['a surrogate pair', '{"a":"\\ud83d\\ude00"}', null],
    ['a repeated name', '{"a":1,"a":2}', 'NOT_I_JSON'],
    ['a repeated name, once escaped', '{"a":1,"\\u0061":2}', 'NOT_I_JSON'],
    ['one name in two objects', '{"a":{"b":1},"c":{"b":1}}', null],
    ['a number beyond double range', '{"a":1e400}', 'NOT_I_JSON'],
    ['a number close to zero', '{"a":0.1e-400}', null],
    ['a number of 513 digits', `{"a":${'0'.padEnd(3, '.')}${'1'.repeat(512)}}`.replace('0..', '0.'), 'NOT_I_JSON'],
    ['numbers that are long when written out', `{"a":[${Array(40_000).fill('1e300').join()}]}`, 'NOT_I_JSON'],
    ['32 levels', nested(32), null],
    ['33 levels', nested(33), 'NOT_I_JSON'],
    ['450,000 brackets', nested(450_000), 'NOT_I_JSON'],
    ['2,000 members', `{${Array.from({ length: 2_000 }, (_, index) => `"m${index}":0`).join()}}`, null],
    ['2,001 members', `{${Array.from({ length: 2_001 }, (_, index) => `"m${index}":0`).join()}}`, 'NOT_I_JSON'],
  ]
  for (const [what, body, code] of table) {
    it(`${code === null ? 'lets through' : `answers ${code} to`} ${what}`, () => assert.equal(codeOf(body), code))
  }

  it('lets through whatever JSON.stringify makes of an object', () => {
    const objects = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 5 }))
    fc.assert(
      fc.property(objects, (object) => {
        const text = JSON.stringify(object)
        fc.pre(!/\\u0000|\\ud[89a-f]/i.test(text))
        assert.equal(checkObject(Buffer.from(text)), null)
      }),
    )
  })

  it('never lets through what a strict parser refuses, and never throws', () => {
    const start = Buffer.from('{"a":[1,-2.5e3,"x\\n\\u00e9é😀",{"b":null,"c":[true,false]}],"d":{}}')
    const edits = fc.array(fc.tuple(fc.nat(start.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(edits, (changes) => {
        const body = Buffer.from(start)
        for (const [at, byte] of changes) body[at] = byte
        if (checkObject(body) !== null) return
        JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body))
      }),
      { numRuns: 2_000 },
    )
  })

  it('tells where the members of the outermost object are', () => {
    const body = '{"a" : {"x":[1]} ,"\\u0062":"s","c":-1.50}'
    const scan = scanObject(Buffer.from(body))
    assert.ok(scan.ok)
    assert.deepEqual(
      scan.members.map(({ name, kind, start, end }) => [name, kind, body.slice(start, end)]),
      [
        ['a', 'object', '{"x":[1]}'],
        ['b', 'string', '"s"'],
        ['c', 'number', '-1.50'],
      ],
    )
  })

  it('names the byte, and nothing of the input', () => {
    const problem = checkObject(Buffer.from('{"secret":tru}'))
    assert.equal(problem?.offset, 10)
    assert.doesNotMatch(problem?.detail ?? '', /secret|tru/)
  })
})
