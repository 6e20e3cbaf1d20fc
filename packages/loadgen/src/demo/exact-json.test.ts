import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findDifference, parseExactJson, toJsonText } from './exact-json.ts'

const difference = (left: string, right: string) => findDifference(parseExactJson(left), parseExactJson(right))

describe('comparing JSON exactly', () => {
  for (const [left, right] of [
    ['{"a":1,"b":[true,null,"é"]}', '{ "b" : [true, null, "\\u00e9"], "a" : 1 }'],
    ['1.10', '1.1'],
    ['11e-1', '1.1'],
    ['100', '1E+2'],
    ['1e400', '10e399'],
    ['-0', '0'],
    ['0.0e9', '0'],
    ['-1.50', '-15e-1'],
    ['12345678901234567890.10', '12345678901234567890.1'],
    ['{"__proto__":{"a":1}}', '{"__proto__":{"a":1}}'],
  ] as const)
    it(`calls ${left} and ${right} the same`, () => assert.equal(difference(left, right), null))

  for (const [left, right, pointer] of [
    ['9007199254740993', '9007199254740992', ''],
    ['0.1', '0.1000000000000000055511151231257827', ''],
    ['1', '-1', ''],
    ['1', '"1"', ''],
    ['"1"', '1', ''],
    ['1e1', '1e2', ''],
    ['null', '{}', ''],
    ['[]', '{}', ''],
    ['[1,2]', '[1,2,3]', ''],
    ['[1,2]', '[2,1]', '/0'],
    ['{"a":null}', '{}', '/a'],
    ['{}', '{"a":null}', '/a'],
    ['{"a":{"b/c":[0,{"d~":1}]}}', '{"a":{"b/c":[0,{"d~":2}]}}', '/a/b~1c/1/d~0'],
    ['{"toString":1}', '{}', '/toString'],
    ['{"__proto__":{"a":1}}', '{}', '/__proto__'],
    ['"é"', '"e\\u0301"', ''],
  ] as const)
    it(`finds where ${left} and ${right} differ`, () => assert.equal(difference(left, right), pointer))

  it('writes numbers as they were read', () => {
    const text = '{"id":12345678901234567890,"price":1.10,"list":[1e400,-0]}'
    assert.equal(toJsonText(parseExactJson(text)), text)
  })
})
