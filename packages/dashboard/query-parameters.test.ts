import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  createParameter,
  oneOf,
  readParameters,
  textParameter,
  timeParameter,
  writeParameters,
} from './query-parameters.ts'

const table = {
  q: textParameter,
  view: oneOf(['ledger', 'topic']).withDefault('ledger'),
  since: timeParameter,
  count: createParameter<number>({
    parse: (text) => (/^\d+$/.test(text) ? Number(text) : null),
    serialize: (value) => String(value),
  }),
}
const read = (search: string) => {
  const from = new URLSearchParams(search)
  return readParameters(table, (name) => from.get(name))
}

describe('parameters of an address', () => {
  it('are what they mean when they are absent or not known', () => {
    assert.deepEqual(read(''), { q: null, view: 'ledger', since: null, count: null })
    assert.deepEqual(read('view=map&since=yesterday&count=-1'), read(''))
    assert.equal(read('q=').q, '')
  })

  it('are read as they were written', () => {
    const since = new Date('2026-01-02T03:04:05.678Z')
    const search = writeParameters(table, '', { q: 'a b&c=d', view: 'topic', since, count: 7 })
    assert.deepEqual(read(search), { q: 'a b&c=d', view: 'topic', since, count: 7 })
  })

  it('leave each other alone, and those of others', () => {
    assert.equal(writeParameters(table, 'tenant=a&q=x&view=topic', { count: 3 }), 'tenant=a&q=x&view=topic&count=3')
    assert.equal(writeParameters(table, 'tenant=a&q=x', { q: undefined }), 'tenant=a&q=x')
  })

  it('go when they are taken back, or say what is meant without them', () => {
    assert.equal(writeParameters(table, 'q=x&view=topic', { q: null, view: 'ledger' }), '')
  })
})
