import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MultipleErrors, NetworkError, ProtocolError, UserError } from '@platformatic/kafka'
import { faultsOf, hasApiId, isForbidden } from './kafka-errors.ts'

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

test('finds what the innermost errors say, through retries, brokers and causes', () => {
  const error = new MultipleErrors('produce failed 2 times.', [
    new NetworkError('Connection to b1 failed.', { cause: refused }),
    new MultipleErrors('Received response with error.', [new ProtocolError('NOT_LEADER_OR_FOLLOWER')]),
  ])
  assert.deepEqual(faultsOf(error), [
    { apiId: null, code: 'ECONNREFUSED' },
    { apiId: 'NOT_LEADER_OR_FOLLOWER', code: 'PLT_KFK_PROTOCOL' },
  ])
  assert.ok(hasApiId(error, 'UNKNOWN_MEMBER_ID', 'NOT_LEADER_OR_FOLLOWER'))
  assert.ok(!hasApiId(error, 'UNKNOWN_MEMBER_ID'))
})

test('ends on an error that is its own cause, and on what is no error at all', () => {
  const loop = new Error('loop')
  loop.cause = loop
  assert.deepEqual(faultsOf(loop), [{ apiId: null, code: null }])
  assert.deepEqual(faultsOf('text'), [{ apiId: null, code: null }])
  assert.deepEqual(faultsOf(new UserError('no such topic')), [{ apiId: null, code: 'PLT_KFK_USER' }])
})

test('knows when the broker forbids', () => {
  assert.ok(isForbidden(new MultipleErrors('x', [new ProtocolError('TOPIC_AUTHORIZATION_FAILED')])))
  assert.ok(!isForbidden(refused))
})
