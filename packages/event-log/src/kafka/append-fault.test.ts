import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MultipleErrors, NetworkError, ProtocolError, TimeoutError, UserError } from '@platformatic/kafka'
import { type AppendFault, classifyAppendFault } from './append-fault.ts'

/** As a send gives it: one level for the destination, one for the answer. */
const answered = (...apiIds: string[]) =>
  new MultipleErrors('Producing messages failed.', [
    new MultipleErrors(
      'Received response with error.',
      apiIds.map((apiId) => new ProtocolError(apiId)),
    ),
  ])

const cases: [string, unknown, AppendFault][] = [
  ['the broker says that the batch is too large', answered('MESSAGE_TOO_LARGE'), 'too_large'],
  ['the broker does not know the topic', answered('UNKNOWN_TOPIC_OR_PARTITION'), 'topic_gone'],
  ['the client does not find the topic any more', new UserError('Unknown topic t.'), 'topic_gone'],
  ['too few replicas before writing', answered('NOT_ENOUGH_REPLICAS'), 'not_written'],
  ['we may not write there', answered('TOPIC_AUTHORIZATION_FAILED'), 'not_written'],
  ['too few replicas after writing', answered('NOT_ENOUGH_REPLICAS_AFTER_APPEND'), 'unknown'],
  ['the replicas did not answer the leader in time', answered('REQUEST_TIMED_OUT'), 'unknown'],
  ['an earlier try left its mark', answered('OUT_OF_ORDER_SEQUENCE_NUMBER'), 'unknown'],
  [
    'the broker refuses one record of two batches only',
    answered('MESSAGE_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'),
    'unknown',
  ],
  ['the connection was lost', new NetworkError('Connection closed'), 'unknown'],
  ['no answer came', new TimeoutError('Request timed out'), 'unknown'],
  ['something else broke', new RangeError('unexpected'), 'unknown'],
]

for (const [title, error, fault] of cases)
  test(`${title}: ${fault}`, () => {
    assert.equal(classifyAppendFault(error, false), fault)
    assert.equal(classifyAppendFault(error, true), 'unknown', 'an earlier try may have been written')
  })
