import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventStreamParser, toComment, toLastEventId, toServerSentEvent } from './event-stream.ts'

const SENT =
  toComment('heartbeat') +
  toServerSentEvent('item', '{"a":"ü: 1"}') +
  toLastEventId('0-7') +
  toServerSentEvent('left_out', '{}')

test('what is written is read back, wherever the text is cut', () => {
  const whole = createEventStreamParser()
  const expected = [
    { event: 'item', data: '{"a":"ü: 1"}', id: null },
    { event: 'left_out', data: '{}', id: '0-7' },
  ]
  assert.deepEqual(whole.push(SENT), expected)
  assert.equal(whole.lastEventId(), '0-7')
  for (let cut = 0; cut <= SENT.length; cut += 1) {
    const parser = createEventStreamParser()
    assert.deepEqual([...parser.push(SENT.slice(0, cut)), ...parser.push(SENT.slice(cut))], expected, `cut at ${cut}`)
  }
})

test('lines may end in CR, LF or both, and data may have several', () => {
  const text = 'data: 1\rdata:2\r\ndata\n\r\nevent: x\n\n: nothing\n\ndata:  3\n\n'
  for (const chunks of [[text], [...text]]) {
    const parser = createEventStreamParser()
    assert.deepEqual(
      chunks.flatMap((chunk) => parser.push(chunk)),
      [
        { event: 'message', data: '1\n2\n', id: null },
        { event: 'message', data: ' 3', id: null },
      ],
    )
  }
})

test('an event that the stream breaks off in is none, and its id does not count', () => {
  const parser = createEventStreamParser()
  assert.deepEqual(parser.push('id: 1\n\nid: 2\ndata: half\n'), [])
  assert.equal(parser.lastEventId(), '1')
})
