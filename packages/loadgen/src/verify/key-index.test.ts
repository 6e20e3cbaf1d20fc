import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KeyIndex } from './key-index.ts'

describe('index of keys', () => {
  it('finds keys by tenant and text, whatever they are made of', () => {
    const index = new KeyIndex('lg-run-')
    const keys = [
      'lg-run-0',
      'lg-run-7',
      'lg-run-07',
      'lg-run-99999999',
      'lg-run-123456789012',
      'lg-run-x',
      'other',
      'lg-run-',
    ]
    let count = 0
    for (const tenant of ['a', 'b']) for (const text of keys) assert.equal(index.add(tenant, text, count), count++)
    count = 0
    for (const tenant of ['a', 'b']) for (const text of keys) assert.equal(index.find(tenant, text), count++)
  })

  it('knows no key of another tenant, nor a number written otherwise', () => {
    const index = new KeyIndex('lg-run-')
    index.add('a', 'lg-run-7', 3)
    for (const [tenant, text] of [
      ['b', 'lg-run-7'],
      ['a', 'lg-run-07'],
      ['a', 'lg-run-8'],
      ['a', 'lg-other-7'],
      ['a', '7'],
    ] as const)
      assert.equal(index.find(tenant, text), null)
  })
})
