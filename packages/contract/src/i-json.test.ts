import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { checkObject, scanObject } from './i-json.ts'

const codeOf = (body: string | Uint8Array) => checkObject(Buffer.from(body))?.code ?? null
const inString = (...bytes: number[]) => Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')])
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
    ['a number', ' -1.5e3 ', 'NOT_AN_OBJECT'],
    ['null', 'null', 'NOT_AN_OBJECT'],
    ['prose that begins as a word of JSON does', 'not json', 'MALFORMED_BODY'],
    ['an open array', '[1,', 'MALFORMED_BODY'],
    ['a word cut off', '{"a":tru', 'MALFORMED_BODY'],
    ['an escape cut off', '{"a":"\\', 'MALFORMED_BODY'],
    ['a \\u escape cut off', '{"a":"\\u00', 'MALFORMED_BODY'],
    ['a \\u escape that is not hexadecimal', '{"a":"\\u00g0"}', 'MALFORMED_BODY'],
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
    ['an overlong UTF-8 form', inString(0xc0, 0xaf), 'MALFORMED_BODY'],
    ['a lone continuation byte', inString(0x80), 'MALFORMED_BODY'],
    ['a surrogate in UTF-8', inString(0xed, 0xa0, 0x80), 'MALFORMED_BODY'],
    ['a character beyond U+10FFFF', inString(0xf4, 0x90, 0x80, 0x80), 'MALFORMED_BODY'],
    ['an overlong form of three bytes', inString(0xe0, 0x9f, 0xbf), 'MALFORMED_BODY'],
    ['an overlong form of four bytes', inString(0xf0, 0x8f, 0xbf, 0xbf), 'MALFORMED_BODY'],
    ['a byte that begins no character', inString(0xff), 'MALFORMED_BODY'],
    ['UTF-8 cut by the end of the string', inString(0xe2, 0x82), 'MALFORMED_BODY'],
    ['UTF-8 cut by the end of the body', inString(0xf0, 0x9f, 0x98).subarray(0, 9), 'MALFORMED_BODY'],
    ['invalid UTF-8 in a name', Buffer.from([0x7b, 0x22, 0xc3, 0x22, 0x3a, 0x31, 0x7d]), 'MALFORMED_BODY'],
    ['the last character of each length', inString(0x7f, 0xdf, 0xbf, 0xef, 0xbf, 0xbf, 0xf4, 0x8f, 0xbf, 0xbf), null],
    ['a raw NUL', '{"a":"\u0000"}', 'MALFORMED_BODY'],
    ['a NUL escape in a value', '{"a":"\\u0000"}', 'NOT_I_JSON'],
    ['a NUL escape in a name', '{"\\u0000":1}', 'NOT_I_JSON'],
    ['a lone high surrogate', '{"a":"\\ud800"}', 'NOT_I_JSON'],
    ['a lone low surrogate', '{"a":"\\udc00"}', 'NOT_I_JSON'],
    ['a surrogate pair', '{"a":"\\ud83d\\ude00"}', null],
    ['a repeated name', '{"a":1,"a":2}', 'NOT_I_JSON'],
    ['a repeated name, once escaped', '{"a":1,"\\u0061":2}', 'NOT_I_JSON'],
    ['a high surrogate before another escape', '{"a":"\\ud83d\\u0041"}', 'NOT_I_JSON'],
    ['two high surrogates before a low one', '{"a":"\\ud83d\\ud83d\\ude00"}', 'NOT_I_JSON'],
    ['a repeated name, once as an escaped pair', '{"😀":1,"\\ud83d\\ude00":2}', 'NOT_I_JSON'],
    ['a repeated name, twice escaped, otherwise', '{"\\u002f":1,"\\/":2}', 'NOT_I_JSON'],
    ['a repeated empty name', '{"":1,"":2}', 'NOT_I_JSON'],
    ['a repeated name with an object between', '{"a":{"a":{"a":1},"b":2},"b":[{"a":1},{"a":1}],"a":3}', 'NOT_I_JSON'],
    ['names that differ in case, or in form', '{"a":1,"A":2,"é":3,"e\u0301":4}', null],
    ['one name in two objects', '{"a":{"b":1},"c":{"b":1}}', null],
    ['a number beyond double range', '{"a":1e400}', 'NOT_I_JSON'],
    ['the largest double, and its negative', '{"a":[1.7976931348623157e308,-1.7976931348623157E+308]}', null],
    ['the first number that rounds to infinity', '{"a":1.7976931348623159e308}', 'NOT_I_JSON'],
    ['a huge exponent of a huge exponent', `{"a":1e${'9'.repeat(5_000)}}`, 'NOT_I_JSON'],
    ['an exponent with leading zeros', `{"a":1e${'0'.repeat(5_000)}1}`, null],
    ['a number of 512 digits by its exponent', '{"a":1e-511}', null],
    ['a number of 513 digits by its exponent', '{"a":1e-512}', 'NOT_I_JSON'],
    ['a long fraction that the exponent moves', `{"a":0.${'1'.repeat(400)}e300}`, null],
    ['digits up to 1 MiB', `{"a":[${Array(2_048).fill('1e-511').join()}]}`, null],
    ['one digit more than 1 MiB', `{"a":[${Array(2_048).fill('1e-511').join()},1]}`, 'NOT_I_JSON'],
    ['minus zero', '{"a":-0}', null],
    ['an exponent without digits', '{"a":1e+}', 'MALFORMED_BODY'],
    ['a plus sign', '{"a":+1}', 'MALFORMED_BODY'],
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

  it('starts anew for each body', () => {
    assert.equal(codeOf('{"a":1,"b":{"c":"\\u0000"}}'), 'NOT_I_JSON')
    assert.equal(codeOf('{"a":1,"b":{"c":1}}'), null)
    assert.equal(codeOf(`{"a":[${Array(2_048).fill('1e-511').join()}]}`), null)
    assert.equal(codeOf(`{"a":[${Array(2_048).fill('1e-511').join()}]}`), null)
  })

  it('keeps to the limits that it is given', () => {
    const members = (count: number) => Buffer.from(`{${Array.from({ length: count }, (_, n) => `"${n}":{}`).join()}}`)
    const limits = { maxDepth: 2, maxMembers: 20_000 }
    assert.equal(checkObject(members(20_000), limits), null)
    assert.equal(checkObject(members(20_001), limits)?.code, 'NOT_I_JSON')
    assert.equal(checkObject(Buffer.from('{"a":{"b":{}}}'), limits)?.code, 'NOT_I_JSON')
    assert.equal(checkObject(members(2_001))?.code, 'NOT_I_JSON')
  })

  it('points at the value that is no I-JSON', () => {
    const pointerOf = (body: string) => checkObject(Buffer.from(body))?.pointer
    assert.equal(pointerOf('{"a":1,"b":{"c":[0,{"d":"\\u0000"}]}}'), '/b/c/1/d')
    assert.equal(pointerOf('{"a":[[],[1,1e400]]}'), '/a/1/1')
    assert.equal(pointerOf('{"x":{"a/b~c":{"a":1,"\\u0061":2}}}'), '/x/a~1b~0c/a')
    assert.equal(pointerOf('{"ok":{"in \\u0000 name":1}}'), '/ok')
    assert.equal(pointerOf('{"a":1,"b":}'), null)
    assert.equal(pointerOf(`{"${'x'.repeat(300)}":"\\ud800"}`), null)
  })

  it('finds the one repeated name among thousands that meet in a hash by 31', () => {
    // 'Aa' and 'BB' are one to the string hash of Java.
    const names = Array.from({ length: 2_000 }, (_, n) =>
      n.toString(2).padStart(11, '0').replaceAll('0', 'Aa').replaceAll('1', 'BB'),
    )
    const bodyOf = (all: string[]) => Buffer.from(`{${all.map((name) => `"${name}":0`).join()}}`)
    assert.equal(checkObject(bodyOf(names)), null)
    assert.match(checkObject(bodyOf(names.with(1_999, names[7] ?? '')))?.detail ?? '', /stands twice/)
  })

  it('calls names repeated exactly when JSON.parse would lose one', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀', '"', '/', '\n'), maxLength: 2 })
    const written = fc.tuple(name, fc.nat(2)).map(([text, form]) => {
      if (form === 0) return JSON.stringify(text)
      const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, '0'))
      return `"${units.map((hex) => `\\u${form === 1 ? hex : hex.toUpperCase()}`).join('')}"`
    })
    fc.assert(
      fc.property(fc.array(written, { maxLength: 8 }), (names) => {
        const body = `{"in":{${names.map((each) => `${each}:0`).join()}}}`
        const kept = Object.keys(JSON.parse(body).in).length
        assert.equal(codeOf(body), kept === names.length ? null : 'NOT_I_JSON')
      }),
    )
  })

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

  it('calls malformed exactly what a strict parser refuses, and never throws', () => {
    const start = Buffer.from('{"a":[1,-2.5e3,"x\\n\\u00e9é😀",{"b":null,"c":[true,false]}],"d":{}, "e":[]}')
    const tokens = [...Buffer.from('{}[]",:\\u0-+.eEtfn 19'), 0x00, 0x0a, 0x80, 0xc3, 0xe2, 0xf0, 0xff]
    const byte = fc.oneof(fc.constantFrom(...tokens), fc.nat(255))
    const edit = fc.record({ at: fc.nat(start.length), remove: fc.nat(2), insert: fc.array(byte, { maxLength: 2 }) })
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const parses = (body: Uint8Array) => {
      try {
        JSON.parse(decoder.decode(body))
        return true
      } catch {
        return false
      }
    }
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const bytes = [...start]
        for (const { at, remove, insert } of edits) bytes.splice(at, remove, ...insert)
        const body = Uint8Array.from(bytes)
        // A body with two problems answers the first: it may be no I-JSON before it is no JSON.
        const problem = checkObject(body)
        if (problem?.code !== 'NOT_I_JSON') assert.equal(problem?.code !== 'MALFORMED_BODY', parses(body))
        assert.ok(problem === null || (problem.offset >= 0 && problem.offset <= body.length))
      }),
      { numRuns: 5_000 },
    )
  })

  it('refuses every body that is cut off', () => {
    const whole = Buffer.from('{"a":[1.5e3,{"b":"é😀\\u00e9\\ud83d\\ude00"}],"c":null,"d":{}}')
    for (let length = 0; length < whole.length; length += 1)
      assert.equal(checkObject(whole.subarray(0, length))?.code, 'MALFORMED_BODY', `${length} bytes`)
    assert.equal(checkObject(whole), null)
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

  it('gives the members that were whole before the problem', () => {
    const namesOf = (body: string) => scanObject(Buffer.from(body)).members.map(({ name }) => name)
    assert.deepEqual(namesOf('{"a":1,"b":{"c":1e400},"d":1}'), ['a'])
    assert.deepEqual(namesOf('{"a":1,"b":{"c":2},"a":3}'), ['a', 'b'])
    assert.deepEqual(namesOf('[{"a":1},1e400]'), [])
  })

  it('reads the same members as JSON.parse, whatever their names and values', () => {
    const unit = fc.constantFrom('a', '_', 'é', '😀', '"', '\\', ' ')
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit }), fc.jsonValue({ maxDepth: 3 })), fc.nat(2), (object, indent) => {
        const body = Buffer.from(JSON.stringify(object, null, indent))
        fc.pre(checkObject(body) === null)
        const members = scanObject(body).members.map(
          ({ name, start, end }) => [name, JSON.parse(body.toString('utf8', start, end))] as const,
        )
        assert.deepEqual(new Map(members), new Map(Object.entries(JSON.parse(body.toString()))))
      }),
    )
  })

  it('names the byte, and nothing of the input', () => {
    const problem = checkObject(Buffer.from('{"secret":tru}'))
    assert.equal(problem?.offset, 10)
    assert.doesNotMatch(problem?.detail ?? '', /secret|tru/)
  })
})
