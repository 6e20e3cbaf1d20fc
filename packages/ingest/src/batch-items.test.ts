import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkObject } from '@sluice/contract/i-json'
import fc from 'fast-check'
import { splitArray, splitLines } from './batch-items.ts'

const texts = (items: ReturnType<typeof splitArray>) =>
  'code' in items ? items.code : items.map((item) => item.toString())
const array = (text: string) => texts(splitArray(Buffer.from(text)))
const lines = (text: string) => texts(splitLines(Buffer.from(text)))

describe('the events of a batch', () => {
  it('are the elements of an array, byte for byte, without the space around them', () => {
    assert.deepEqual(array(' [ {"a":1.10} ,\n{"b":[1,{"c":"],}\\""}]}\t] \r\n'), [
      '{"a":1.10}',
      '{"b":[1,{"c":"],}\\""}]}',
    ])
    assert.deepEqual(array('[1,"x",null]'), ['1', '"x"', 'null'])
  })

  it('are found in any array that JSON can hold, as they stand in it', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.constantFrom(',', ' , ', '\n,\t'), (values, comma) => {
        const elements = values.map((value) => JSON.stringify(value))
        assert.deepEqual(array(`[${elements.join(comma)}]`), elements)
      }),
      { seed: 20_261_128 },
    )
  })

  it('of what is no array are nothing, or hold one that is no JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'[]{}",:\\1a \n'), { maxLength: 12 }), (characters) => {
        const text = `[${characters.join('')}]`
        const items = splitArray(Buffer.from(text))
        const isRefused = 'code' in items || items.some((item) => checkObject(item)?.code === 'MALFORMED_BODY')
        if (!isJson(text)) assert.ok(isRefused, text)
      }),
      { seed: 20_261_128, numRuns: 2_000 },
    )
  })

  it('are the lines of newline-delimited JSON, blank ones left out', () => {
    assert.deepEqual(lines('{"a":1}\r\n\n  {"b":2} \n'), ['{"a":1}', '{"b":2}'])
    assert.deepEqual(lines('{"a":1}'), ['{"a":1}'])
  })

  it('are 1 to 1,000', () => {
    assert.deepEqual([array('[]'), array('[ ]'), lines(''), lines('\n \n')], Array(4).fill('BAD_REQUEST'))
    const many = (count: number) => Array<string>(count).fill('{}')
    assert.equal(array(`[${many(1_000).join()}]`).length, 1_000)
    assert.equal(lines(many(1_000).join('\n')).length, 1_000)
    assert.deepEqual([array(`[${many(1_001).join()}]`), lines(many(1_001).join('\n'))], ['TOO_LARGE', 'TOO_LARGE'])
  })

  it('are none in what is JSON but no array', () => {
    for (const text of ['{}', '', '"[1]"', '[1', '1]', '[1]]', '[[1]', ']['])
      assert.equal(array(text), 'MALFORMED_BODY', text)
  })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
