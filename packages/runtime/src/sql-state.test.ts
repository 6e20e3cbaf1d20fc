import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SluiceError } from './errors.ts'
import { classifySqlError, isOutcomeUnknown, type SqlErrorClass, sqlStateOf } from './sql-state.ts'

const serverError = (code: string) => Object.assign(new Error('from the server'), { code, severity: 'ERROR' })
const networkError = (code: string, syscall: string) => Object.assign(new Error('from Node'), { code, syscall })

const CLASSES: Record<SqlErrorClass, readonly string[]> = {
  transient: ['08006', '53300', '53100', '57014', '57P01', '57P03', '58030', '40001', '40P01', '55P03', '25P03'],
  systemic: [
    '42P01',
    '42703',
    '28P01',
    '3D000',
    '3F000',
    '0A000',
    '21000',
    '25006',
    'XX000',
    '23502',
    '23514',
    '99999',
  ],
  data: ['22P02', '22003', '22021', '54000', 'P0001', '23505', '23503'],
}

for (const [expected, codes] of Object.entries(CLASSES)) {
  test(`takes ${codes.join(', ')} for ${expected}`, () => {
    for (const code of codes) assert.equal(classifySqlError(serverError(code)), expected, code)
  })
}

test('takes an answer that never came for transient, also when its code looks like a SQLSTATE', () => {
  for (const code of ['EPIPE', 'ECONNRESET', 'ETIMEDOUT']) {
    assert.equal(sqlStateOf(networkError(code, 'write')), null)
    assert.equal(classifySqlError(networkError(code, 'write')), 'transient')
  }
  assert.equal(classifySqlError(new Error('Query read timeout')), 'transient')
})

test('takes the word of an error of ours on whether a retry helps', () => {
  class Away extends SluiceError {
    readonly code = 'AWAY'
    readonly retryable: boolean
    constructor(retryable: boolean) {
      super('away')
      this.retryable = retryable
    }
  }
  assert.equal(classifySqlError(new Away(true)), 'transient')
  assert.equal(classifySqlError(new Away(false)), 'systemic')
})

test('calls an outcome unknown when the server may have done it', () => {
  for (const error of [
    serverError('08006'),
    serverError('57P01'),
    networkError('ECONNRESET', 'read'),
    new Error('Query read timeout'),
  ])
    assert.equal(isOutcomeUnknown(error), true)
})

test('calls an outcome known when the server refused or was never reached', () => {
  const refused = networkError('ECONNREFUSED', 'connect')
  const known = [
    serverError('57014'),
    serverError('40P01'),
    serverError('22P02'),
    refused,
    new AggregateError([refused, refused]),
  ]
  for (const error of known) assert.equal(isOutcomeUnknown(error), false)
})
