import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PatchOperation } from './admin-api/redrives.ts'
import { applyJsonPatch } from './json-patch.ts'

const apply = (text: string, ...patch: PatchOperation[]) => {
  const result = applyJsonPatch(text, patch)
  return result.ok ? result.text : `operation ${result.operation}: ${result.detail}`
}
const NOTHING = 'operation 0: There is nothing at this path.'

/** RFC 6902, appendix A: the number of the example, the document, the operations, what becomes of it. */
const EXAMPLES: readonly [string, string, PatchOperation[], string][] = [
  ['A.1', '{"foo":"bar"}', [{ op: 'add', path: '/baz', value: 'qux' }], '{"foo":"bar","baz":"qux"}'],
  ['A.2', '{"foo":["bar","baz"]}', [{ op: 'add', path: '/foo/1', value: 'qux' }], '{"foo":["bar","qux","baz"]}'],
  ['A.3', '{"baz":"qux","foo":"bar"}', [{ op: 'remove', path: '/baz' }], '{"foo":"bar"}'],
  ['A.4', '{"foo":["bar","qux","baz"]}', [{ op: 'remove', path: '/foo/1' }], '{"foo":["bar","baz"]}'],
  ['A.5', '{"baz":"qux","foo":"bar"}', [{ op: 'replace', path: '/baz', value: 'boo' }], '{"baz":"boo","foo":"bar"}'],
  [
    'A.6',
    '{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}',
    [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
    '{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}',
  ],
  [
    'A.7',
    '{"foo":["all","grass","cows","eat"]}',
    [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
    '{"foo":["all","cows","eat","grass"]}',
  ],
  [
    'A.8',
    '{"baz":"qux","foo":["a",2,"c"]}',
    [
      { op: 'test', path: '/baz', value: 'qux' },
      { op: 'test', path: '/foo/1', value: 2 },
    ],
    '{"baz":"qux","foo":["a",2,"c"]}',
  ],
  [
    'A.9',
    '{"baz":"qux"}',
    [{ op: 'test', path: '/baz', value: 'bar' }],
    'operation 0: The value at path is another one.',
  ],
  [
    'A.10',
    '{"foo":"bar"}',
    [{ op: 'add', path: '/child', value: { grandchild: {} } }],
    '{"foo":"bar","child":{"grandchild":{}}}',
  ],
  ['A.12', '{"foo":"bar"}', [{ op: 'add', path: '/baz/bat', value: 'qux' }], NOTHING],
  ['A.14', '{"/":9,"~1":10}', [{ op: 'test', path: '/~01', value: 10 }], '{"/":9,"~1":10}'],
  [
    'A.15',
    '{"/":9,"~1":10}',
    [{ op: 'test', path: '/~01', value: '10' }],
    'operation 0: The value at path is another one.',
  ],
  ['A.16', '{"foo":["bar"]}', [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }], '{"foo":["bar",["abc","def"]]}'],
]

describe('JSON Patch', () => {
  for (const [name, document, patch, expected] of EXAMPLES)
    it(`does what example ${name} of the standard does`, () => assert.equal(apply(document, ...patch), expected))

  it('keeps the bytes of what it does not name: digits, order, spaces within, repeated escapes', () => {
    const text = '{ "n": 12345678901234567890, "m" : {"a" :1.10,  "s":"\\u00e9}\\"],"} , "x":[ 1e400 ,-0 ] }'
    assert.equal(
      apply(text, { op: 'replace', path: '/x/1', value: 7 }),
      '{"n":12345678901234567890,"m":{"a" :1.10,  "s":"\\u00e9}\\"],"},"x":[1e400,7]}',
    )
    assert.equal(apply(text, { op: 'copy', from: '/n', path: '/k' }).endsWith('"k":12345678901234567890}'), true)
  })

  it('tests numbers by value, exactly', () => {
    const test = (document: string, value: unknown) => apply(document, { op: 'test', path: '/a', value }) === document
    assert.equal(test('{"a":1.0e1}', 10), true)
    assert.equal(test('{"a":100}', 1e2), true)
    assert.equal(test('{"a":0.10}', 0.1), true)
    assert.equal(test('{"a":-0}', 0), true)
    assert.equal(test('{"a":12345678901234567890}', JSON.parse('12345678901234567000')), false)
    assert.equal(test('{"a":{"b":1,"c":[true,null]}}', { c: [true, null], b: 1 }), true)
    assert.equal(test('{"a":"\\u0041"}', 'A'), true)
  })

  it('applies all of a patch or nothing, and says which operation failed', () => {
    assert.deepEqual(
      applyJsonPatch('{"a":1}', [
        { op: 'remove', path: '/a' },
        { op: 'remove', path: '/a' },
      ]),
      { ok: false, operation: 1, detail: 'There is nothing at this path.' },
    )
  })

  it('refuses what cannot be: no JSON, indexes that are none, a value into itself, the end of everything', () => {
    assert.match(apply('{"a":', { op: 'remove', path: '/a' }), /not JSON/)
    for (const path of ['/a/01', '/a/-1', '/a/9', '/a/1e0', '/a/b', '/b/c', '/a/0/x'])
      assert.equal(apply('{"a":[1]}', { op: 'replace', path, value: 1 }), NOTHING)
    assert.match(apply('{"a":{"b":1}}', { op: 'move', from: '/a', path: '/a/b' }), /into itself/)
    assert.match(apply('{}', { op: 'remove', path: '' }), /cannot be removed/)
    assert.match(apply('{}', { op: 'add', path: 'a', value: 1 }), /begins with a slash/)
    assert.match(apply('{}', { op: 'add', path: '/~2', value: 1 }), /begins with a slash/)
  })

  it('treats __proto__ and constructor as ordinary names', () => {
    assert.equal(
      apply('{"__proto__":{"x":1}}', { op: 'replace', path: '/__proto__/x', value: 2 }),
      '{"__proto__":{"x":2}}',
    )
    assert.equal(apply('{}', { op: 'add', path: '/constructor', value: 1 }), '{"constructor":1}')
    assert.equal(({} as Record<string, unknown>).x, undefined)
  })
})
