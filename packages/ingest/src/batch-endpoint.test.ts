import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { BatchResults } from '@sluice/contract/ingest-api'
import { LogUnavailableError } from '@sluice/event-log'
import { eventually } from '@sluice/runtime/testing/eventually'
import { Value } from 'typebox/value'
import { openIngest, type Received, type Sending } from './testing/open-ingest.ts'

const event = (id: string, rest = '"payload":{"n":1.10}') =>
  `{"event_id":"${id}","event_type":"order.paid","schema_version":1,"occurred_at":"2026-01-02T03:04:05Z",${rest}}`
const batch = (bodies: readonly string[], headers: Sending['headers'] = {}): Sending => ({
  path: '/events/batch',
  body: bodies.join('\n'),
  headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': null, ...headers },
})
const resultsOf = ({ json }: Received): BatchResults => {
  assert.ok(Value.Check(BatchResults, json), JSON.stringify(json))
  return json
}
const summary = (received: Received) => {
  const { accepted, duplicates, failed, results } = resultsOf(received)
  return {
    status: received.status,
    accepted,
    duplicates,
    failed,
    items: results.map((item) => ('code' in item ? item.code : item.status)),
  }
}

describe('POST /events/batch', () => {
  it('accepts each event under a receipt of its own, its bytes unchanged, its key its event_id', async (t) => {
    const { send, records } = await openIngest(t)
    const bodies = ['a', 'b', 'c'].map((id) => event(id))
    const received = await send(batch(bodies))
    const { results, request_id } = resultsOf(received)
    assert.deepEqual(summary(received), { status: 202, accepted: 3, duplicates: 0, failed: 0, items: [202, 202, 202] })
    assert.equal(request_id, 'r1')
    assert.match(String(received.headers.ratelimit), /^"default";r=297;t=\d+$/)
    const found = (await records()).map(({ value }) => {
      const reading = decodeEnvelope(value)
      assert.ok(reading.type === 'envelope')
      return [reading.head.idempotencyKey, reading.head.receiptId, Buffer.from(reading.event).toString()]
    })
    const expected = results.map((item, nth) => [
      ['a', 'b', 'c'][nth],
      'receipt_id' in item && item.receipt_id,
      bodies[nth],
    ])
    assert.deepEqual(found.sort(), expected.sort())
  })

  it('takes an array, packed or not, as it takes lines', async (t) => {
    const { send } = await openIngest(t, { capBytes: 16_777_216 })
    const body = `[${event('a')}, ${event('b')}]`
    const headers = { 'content-type': 'application/json' }
    assert.deepEqual(summary(await send({ ...batch([], headers), body })).items, [202, 202])
    const packed = await send({ ...batch([], { ...headers, 'content-encoding': 'gzip' }), body: gzipSync(body) })
    assert.deepEqual(summary(packed), { status: 202, accepted: 0, duplicates: 2, failed: 0, items: [202, 202] })
  })

  it('names events by the key of the request, when there is one', async (t) => {
    const { send, records } = await openIngest(t)
    const sending = batch([event('same'), event('same')], { 'idempotency-key': 'run-1', 'x-partition-key': 'p' })
    assert.equal(summary(await send(sending)).accepted, 2)
    assert.equal(summary(await send(sending)).duplicates, 2)
    const keys = (await records()).map(({ value, key }) => {
      const reading = decodeEnvelope(value)
      return [reading.type === 'envelope' && reading.head.idempotencyKey, key]
    })
    assert.deepEqual(keys.sort(), [
      ['run-1/0', 'tenant_a:p'],
      ['run-1/1', 'tenant_a:p'],
    ])
  })

  it('judges each event on its own, and says of each what became of it', async (t) => {
    const { send, records } = await openIngest(t, { maxEventBytes: 2_000 })
    const long = event('long', `"payload":{"x":"${'y'.repeat(2_000)}"}`)
    const bodies = [event('a'), '{"event_id":', '[1]', '{"a":1,"a":2}', '{"payload":{}}', event('ä'), long, event('b')]
    const received = await send(batch(bodies))
    assert.deepEqual(summary(received), {
      status: 207,
      accepted: 2,
      duplicates: 0,
      failed: 6,
      items: [
        202,
        'MALFORMED_BODY',
        'NOT_AN_OBJECT',
        'NOT_I_JSON',
        'IDEMPOTENCY_KEY_MISSING',
        'IDEMPOTENCY_KEY_MALFORMED',
        'TOO_LARGE',
        202,
      ],
    })
    assert.deepEqual(
      resultsOf(received).results.map(({ index }) => index),
      [0, 1, 2, 3, 4, 5, 6, 7],
    )
    assert.equal((await records()).length, 2)
  })

  it('lets through what fits under the limit, in order, and says when the rest may come', async (t) => {
    const { send, records } = await openIngest(t, { ratePerMin: 3 })
    const received = await send(batch(['a', 'b', 'c', 'd', 'e'].map((id) => event(id))))
    const limited = 'RATE_LIMITED'
    assert.deepEqual(summary(received), {
      status: 207,
      accepted: 3,
      duplicates: 0,
      failed: 2,
      items: [202, 202, 202, limited, limited],
    })
    assert.ok(Number(received.headers['retry-after']) >= 1)
    assert.equal((await records()).length, 3)
    assert.equal((await send(batch([event('f'), event('g')]))).status, 429)
  })

  it('refuses another body under a used key, and validates when asked', async (t) => {
    const { send } = await openIngest(t)
    await send(batch([event('a')]))
    assert.deepEqual(summary(await send(batch([event('a', '"payload":{"n":2}')]))).items, ['IDEMPOTENCY_KEY_REUSED'])
    const strict = await send(batch([event('b'), '{"event_id":"c"}'], { prefer: 'handling=strict' }))
    assert.deepEqual(summary(strict).items, [202, 'INVALID_EVENT'])
  })

  it('takes nothing of a request that is no batch', async (t) => {
    const { send, records } = await openIngest(t)
    const asArray = (body: string) => ({ ...batch([], { 'content-type': 'application/json' }), body })
    const refusals: [Sending, number, string][] = [
      [asArray(`[${event('a')}`), 400, 'MALFORMED_BODY'],
      [asArray(`[${event('a')},]`), 400, 'MALFORMED_BODY'],
      [asArray(`[${event('a')},{"x":tru}]`), 400, 'MALFORMED_BODY'],
      [asArray(event('a')), 400, 'MALFORMED_BODY'],
      [asArray('[]'), 400, 'BAD_REQUEST'],
      [batch(['']), 400, 'BAD_REQUEST'],
      [batch(Array(1_001).fill('{}')), 413, 'TOO_LARGE'],
      [batch(['x'.repeat(4_194_305)]), 413, 'TOO_LARGE'],
      [batch([event('a')], { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      [batch([event('a')], { 'x-api-key': 'wrong' }), 401, 'UNAUTHENTICATED'],
      [batch([event('a')], { 'idempotency-key': 'k'.repeat(256) }), 400, 'IDEMPOTENCY_KEY_MALFORMED'],
      [batch([event('a')], { 'x-partition-key': '' }), 400, 'IDEMPOTENCY_KEY_MALFORMED'],
    ]
    for (const [sending, status, code] of refusals) {
      const { status: answered, json } = await send(sending)
      assert.deepEqual([answered, json.code], [status, code])
    }
    const tooLongWithIndex = await send(batch([event('a')], { 'idempotency-key': 'k'.repeat(255) }))
    assert.deepEqual(summary(tooLongWithIndex), {
      status: 400,
      accepted: 0,
      duplicates: 0,
      failed: 1,
      items: ['IDEMPOTENCY_KEY_MALFORMED'],
    })
    assert.equal((await records()).length, 0)
  })

  it('says of each event that the log did not take that its outcome is unknown, and frees what it held', async (t) => {
    const error = new LogUnavailableError('appending for a test')
    const { send, inFlight } = await openIngest(t, {
      append: () => async (_topic, records) => records.map(() => ({ type: 'unknown', error })),
    })
    const received = await send(batch([event('a'), event('b')]))
    assert.deepEqual(summary(received), {
      status: 503,
      accepted: 0,
      duplicates: 0,
      failed: 2,
      items: ['LOG_UNAVAILABLE', 'LOG_UNAVAILABLE'],
    })
    assert.equal(received.headers['retry-after'], '1')
    await eventually(() => inFlight.used() === 0)
  })

  it('sends a batch of 1,000 through the gate and the log in one call each', async (t) => {
    const calls = { admit: 0, append: 0 }
    const { send } = await openIngest(t, {
      ratePerMin: 10_000,
      admit: (gate) => (requests) => {
        calls.admit += 1
        return gate.admit(requests)
      },
      append: (log) => (topic, records) => {
        calls.append += 1
        return log.append(topic, records)
      },
    })
    const received = await send(batch(Array.from({ length: 1_000 }, (_, nth) => event(`e${nth}`))))
    assert.equal(summary(received).accepted, 1_000)
    assert.deepEqual(calls, { admit: 1, append: 1 })
  })
})
