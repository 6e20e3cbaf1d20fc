import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { LogUnavailableError, RecordTooLargeError } from '@sluice/event-log'
import { eventually } from '@sluice/runtime/testing/eventually'
import { EVENT, type IngestChange, MAX_EVENT_BYTES, openIngest, type Sending } from './testing/open-ingest.ts'

const UUID = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const BIG = `{"x":"${'y'.repeat(MAX_EVENT_BYTES)}"}`

describe('POST /events: what is accepted', () => {
  it('answers 202 with the receipt under which the log holds the bytes that were sent', async (t) => {
    const { send, records } = await openIngest(t)
    const { status, headers, text, json } = await send()
    assert.equal(status, 202)
    const receiptId = String(json.receipt_id)
    assert.match(receiptId, UUID)
    assert.equal(text, `{"status":"accepted","duplicate":false,"receipt_id":"${receiptId}","request_id":"r1"}`)
    const { date, connection, 'keep-alive': _, ...rest } = headers
    assert.deepEqual(rest, {
      'cache-control': 'no-store',
      'x-request-id': 'r1',
      'content-type': 'application/json',
      'content-length': String(text.length),
      ratelimit: rest.ratelimit,
      'ratelimit-policy': '"default";q=300;w=60',
    })
    assert.equal(connection, 'keep-alive')
    assert.match(String(rest.ratelimit), /^"default";r=299;t=(?:60|61)$/)
    const [record, ...others] = await records()
    const reading = decodeEnvelope(record?.value ?? Buffer.alloc(0))
    assert.ok(reading.type === 'envelope' && others.length === 0)
    assert.deepEqual(
      [Buffer.from(reading.event).toString(), reading.head.receiptId, reading.head.tenantId, reading.head.requestId],
      [EVENT, receiptId, 'tenant_a', 'r1'],
    )
  })

  it('answers a repeat with the first receipt, also of a quoted key, and appends nothing', async (t) => {
    const { send, records } = await openIngest(t)
    const first = await send()
    const again = await send({ headers: { 'idempotency-key': '"k1"', 'x-request-id': 'r2' } })
    assert.deepEqual([again.status, again.headers['idempotent-replayed']], [202, 'true'])
    assert.deepEqual(again.json, { ...first.json, duplicate: true, request_id: 'r2' })
    assert.equal((await records()).length, 1)
  })

  it('takes a bearer token, a query, a chunked body, and an event that only the processor will refuse', async (t) => {
    const { send } = await openIngest(t)
    const sendings: Sending[] = [
      { headers: { 'x-api-key': null, authorization: 'Bearer key_a', 'idempotency-key': 'a' } },
      { path: '/events?x=1', headers: { 'idempotency-key': 'b' } },
      { chunked: true, headers: { 'idempotency-key': 'c' } },
      { body: '{}', headers: { 'idempotency-key': 'd' } },
    ]
    for (const sending of sendings) assert.equal((await send(sending)).status, 202)
  })

  it('says that the gate was away, when it was', async (t) => {
    const { send } = await openIngest(t, {
      admit: (gate) => async (requests) =>
        (await gate.admit(requests)).map((verdict) => ({ ...verdict, degraded: true })),
    })
    const { status, headers } = await send()
    assert.deepEqual([status, headers['sluice-degraded']], [202, 'gate'])
  })
})

type Refused = {
  name: string
  change?: IngestChange
  sending: Sending
  status: number
  code: string
  with?: Record<string, unknown>
}

const error = new LogUnavailableError('appending for a test')
const authenticated = { 'ratelimit-policy': '"default";q=300;w=60' }

const REFUSALS: Refused[] = [
  {
    name: 'text',
    sending: { headers: { 'content-type': 'text/plain' } },
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    with: { accept: 'application/json, application/cloudevents+json' },
  },
  {
    name: 'a coding',
    sending: { headers: { 'content-encoding': 'br' } },
    status: 415,
    code: 'UNSUPPORTED_ENCODING',
    with: { 'accept-encoding': 'gzip, identity' },
  },
  {
    name: 'a declared size over the limit',
    sending: { body: BIG },
    status: 413,
    code: 'TOO_LARGE',
    with: { connection: 'close' },
  },
  {
    name: 'a chunked body over the limit',
    sending: { body: BIG, chunked: true },
    status: 413,
    code: 'TOO_LARGE',
    with: authenticated,
  },
  {
    name: 'no API key',
    sending: { headers: { 'x-api-key': null } },
    status: 401,
    code: 'UNAUTHENTICATED',
    with: { 'www-authenticate': 'Bearer realm="sluice"' },
  },
  {
    name: 'an unknown API key',
    sending: { headers: { 'x-api-key': 'key_c' } },
    status: 401,
    code: 'UNAUTHENTICATED',
    with: { 'www-authenticate': 'Bearer realm="sluice"' },
  },
  {
    name: 'two API keys',
    sending: { headers: { 'x-api-key': ['key_a', 'key_a'] } },
    status: 401,
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'two kinds of API keys',
    sending: { headers: { authorization: 'Bearer key_a' } },
    status: 401,
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'a body that does not fit',
    change: { capBytes: 10 },
    sending: {},
    status: 503,
    code: 'OVERLOADED',
    with: { 'retry-after': '1', ...authenticated },
  },
  {
    name: 'an event while the log is away',
    change: { breakerOpen: true },
    sending: {},
    status: 503,
    code: 'LOG_UNAVAILABLE',
    with: { 'retry-after': '1', ...authenticated },
  },
  { name: 'what is not JSON', sending: { body: '{"a":' }, status: 400, code: 'MALFORMED_BODY', with: authenticated },
  {
    name: 'broken UTF-8',
    sending: { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) },
    status: 400,
    code: 'MALFORMED_BODY',
  },
  { name: 'an empty body', sending: { body: '' }, status: 400, code: 'MALFORMED_BODY' },
  { name: 'an array', sending: { body: '[1]' }, status: 400, code: 'NOT_AN_OBJECT' },
  { name: 'a repeated name', sending: { body: '{"a":1,"a":2}' }, status: 400, code: 'NOT_I_JSON' },
  {
    name: 'no idempotency key',
    sending: { headers: { 'idempotency-key': null } },
    status: 400,
    code: 'IDEMPOTENCY_KEY_MISSING',
  },
  {
    name: 'two idempotency keys',
    sending: { headers: { 'idempotency-key': ['k1', 'k1'] } },
    status: 400,
    code: 'IDEMPOTENCY_KEY_MALFORMED',
  },
  {
    name: 'two partition keys',
    sending: { headers: { 'x-partition-key': ['p', 'p'] } },
    status: 400,
    code: 'IDEMPOTENCY_KEY_MALFORMED',
  },
  {
    name: 'a wrong event, when asked to be strict',
    sending: { body: '{}', headers: { prefer: 'handling=strict' } },
    status: 422,
    code: 'INVALID_EVENT',
  },
  {
    name: 'what the log refused',
    change: { append: () => async (_topic, records) => records.map(() => ({ type: 'refused', error })) },
    sending: {},
    status: 503,
    code: 'LOG_UNAVAILABLE',
    with: { 'retry-after': '1' },
  },
  {
    name: 'what the log did not confirm',
    change: { append: () => async (_topic, records) => records.map(() => ({ type: 'unknown', error })) },
    sending: {},
    status: 503,
    code: 'LOG_UNAVAILABLE',
    with: { 'retry-after': '1' },
  },
  {
    name: 'a record larger than the log takes',
    change: {
      append: () => async (_topic, records) =>
        records.map(() => ({ type: 'refused', error: new RecordTooLargeError('big', 7) })),
    },
    sending: {},
    status: 413,
    code: 'TOO_LARGE',
  },
]

describe('POST /events: what is refused', () => {
  for (const { name, change, sending, status, code, with: expected = {} } of REFUSALS) {
    it(`answers ${status} ${code} to ${name}, and appends nothing`, async (t) => {
      const { send, records } = await openIngest(t, change)
      const { headers, json, ...answer } = await send(sending)
      assert.deepEqual([answer.status, json.status, json.code, json.request_id], [status, status, code, 'r1'])
      assert.deepEqual(
        [headers['content-type'], headers['cache-control'], headers['x-request-id']],
        ['application/problem+json', 'no-store', 'r1'],
      )
      for (const [header, value] of Object.entries(expected)) assert.equal(headers[header], value, header)
      if (status === 401 || status === 415) assert.equal(headers['ratelimit-policy'], undefined)
      assert.equal((await records()).length, 0)
    })
  }

  it('says the limit of the size, the place of what is wrong, and every error of a strict event', async (t) => {
    const { send } = await openIngest(t)
    assert.equal((await send({ body: BIG })).json.limit_bytes, MAX_EVENT_BYTES)
    const repeated = await send({ body: '{"a":1,"a":2}' })
    assert.equal(repeated.json.offset, 7)
    const { json } = await send({ body: '{"payload":1}', headers: { prefer: 'handling=strict' } })
    const pointers = (json.errors as { pointer: string }[]).map(({ pointer }) => pointer)
    assert.deepEqual(pointers.sort(), ['/event_id', '/event_type', '/occurred_at', '/payload', '/schema_version'])
  })

  it('answers 422 to another body under the same key, and counts it', async (t) => {
    const { send } = await openIngest(t)
    await send()
    const { status, json, headers } = await send({ body: '{}' })
    assert.deepEqual([status, json.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
    assert.match(String(headers.ratelimit), /^"default";r=298;/)
  })

  it('answers 429 over the limit, with the wait, and lets another tenant through', async (t) => {
    const { send } = await openIngest(t, { ratePerMin: 1 })
    await send()
    const { status, headers, json } = await send({ headers: { 'idempotency-key': 'k2' } })
    assert.deepEqual([status, json.code, headers['ratelimit-policy']], [429, 'RATE_LIMITED', '"default";q=1;w=60'])
    // A minute and a second at most, less what passed since the first.
    assert.match(String(headers['retry-after']), /^(?:[45]\d|60|61)$/)
    assert.match(String(headers.ratelimit), /^"default";r=0;t=(?:[45]\d|60|61)$/)
    assert.equal((await send({ headers: { 'x-api-key': 'key_b' } })).status, 202)
  })

  it('answers 409 while the first request with the same key is in flight', async (t) => {
    const hold = Promise.withResolvers<void>()
    let appends = 0
    const { send } = await openIngest(t, {
      append: (eventLog) => async (topic, records) => {
        appends += 1
        await hold.promise
        return eventLog.append(topic, records)
      },
    })
    const first = send()
    await eventually(() => appends === 1)
    const second = await send()
    hold.resolve()
    assert.deepEqual(
      [second.status, second.json.code, second.headers['retry-after']],
      [409, 'IDEMPOTENCY_KEY_IN_FLIGHT', '1'],
    )
    assert.equal((await first).status, 202)
  })

  it('S11: stops an address that guesses keys, asks nobody on its behalf, and tells a right key to come again', async (t) => {
    let asked = 0
    const { send } = await openIngest(t, {
      wrongKeysPerSecond: 2,
      admit: (gate) => (requests) => {
        asked += requests.length
        return gate.admit(requests)
      },
    })
    const statuses: number[] = []
    for (let guess = 0; guess < 50; guess += 1)
      statuses.push((await send({ headers: { 'x-api-key': `guess-${guess}` } })).status)
    assert.deepEqual(statuses, [401, 401, ...Array(48).fill(429)])
    const { status, json, headers } = await send()
    assert.deepEqual([status, json.code, headers['retry-after']], [429, 'TOO_MANY_WRONG_KEYS', '1'])
    assert.deepEqual([headers.ratelimit, headers['ratelimit-policy'], asked], [undefined, undefined, 0])
  })
})

describe('POST /events: while the keys of the database are not known yet', () => {
  it('tells nobody that a key is wrong, and stops nobody for it, but lets in those of the settings', async (t) => {
    const { send } = await openIngest(t, { keysAreAway: true, wrongKeysPerSecond: 1 })
    for (let asked = 0; asked < 3; asked += 1) {
      const { status, json, headers } = await send({ headers: { 'x-api-key': 'sk_made' } })
      assert.deepEqual([status, json.code, headers['retry-after']], [503, 'STORE_UNAVAILABLE', '1'])
    }
    assert.equal((await send()).status, 202)
    assert.equal((await send({ headers: { 'x-api-key': null } })).status, 401)
  })
})

describe('POST /events: the order of the checks', () => {
  /** Each is wrong in one thing more than the one after it; the first failure answers. */
  const wrongs: [Sending['headers'], string | null][] = [
    [{ 'content-type': 'text/plain', 'content-encoding': 'br' }, 'UNSUPPORTED_MEDIA_TYPE'],
    [{ 'content-encoding': 'br', 'content-length': '9999' }, 'UNSUPPORTED_ENCODING'],
    [{ 'content-length': '9999', 'x-api-key': 'wrong' }, 'TOO_LARGE'],
    [{ 'x-api-key': 'wrong', 'idempotency-key': null }, 'UNAUTHENTICATED'],
  ]
  for (const [headers = {}, code] of wrongs)
    it(`answers ${code} before the body has come, though more is wrong`, async (t) => {
      const { send, inFlight } = await openIngest(t, { breakerOpen: true, capBytes: 1 })
      const answer = await send({ headers, body: null })
      assert.deepEqual([answer.json.code, answer.headers.connection, inFlight.used()], [code, 'close', 0])
    })

  it('looks at the breaker before the bytes, the body before the key, and the key before strictness', async (t) => {
    const open = await openIngest(t, { breakerOpen: true, capBytes: 1 })
    assert.equal((await open.send({ body: null })).json.code, 'LOG_UNAVAILABLE')
    const full = await openIngest(t, { capBytes: 1 })
    assert.equal((await full.send({ body: null })).json.code, 'OVERLOADED')
    const { send } = await openIngest(t)
    assert.equal((await send({ body: '{', headers: { 'idempotency-key': null } })).json.code, 'MALFORMED_BODY')
    const strict = { prefer: 'handling=strict', 'idempotency-key': null }
    assert.equal((await send({ body: '{}', headers: strict })).json.code, 'IDEMPOTENCY_KEY_MISSING')
  })

  it('asks the gate only for what passed every other check', async (t) => {
    let asked = 0
    const change: IngestChange = {
      admit: (gate) => (requests) => {
        asked += requests.length
        return gate.admit(requests)
      },
    }
    const { send } = await openIngest(t, change)
    for (const { sending, change: needs } of REFUSALS) if (needs === undefined) await send(sending)
    const away = await openIngest(t, { ...change, breakerOpen: true })
    await away.send()
    assert.equal(asked, 0)
    await send()
    assert.equal(asked, 1)
  })
})

describe('POST /events: the bytes in hand', () => {
  const HEAD = `POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-API-Key: key_a\r\nIdempotency-Key: k1\r\nContent-Length: ${EVENT.length}\r\n\r\n`

  it('are free again when the answer is written', async (t) => {
    const { send, inFlight } = await openIngest(t)
    await send()
    await send({ body: '{' })
    await eventually(() => inFlight.used() === 0)
  })

  it('are free again when the sender leaves in the middle of its body', async (t) => {
    const { port, inFlight } = await openIngest(t)
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    socket.write(HEAD + EVENT.slice(0, 10))
    await eventually(() => inFlight.used() === EVENT.length)
    socket.destroy()
    await eventually(() => inFlight.used() === 0)
  })

  it('stay taken while a batch holds the body of a sender that left', async (t) => {
    const hold = Promise.withResolvers<void>()
    let appends = 0
    const { port, inFlight, send } = await openIngest(t, {
      append: (eventLog) => async (topic, records) => {
        appends += 1
        if (appends === 1) await hold.promise
        return eventLog.append(topic, records)
      },
    })
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    socket.write(HEAD + EVENT)
    await eventually(() => appends === 1)
    socket.destroy()
    // A whole exchange later the server knows that the first one is gone.
    await send({ headers: { 'idempotency-key': 'k2' } })
    await eventually(() => inFlight.used() === EVENT.length)
    hold.resolve()
    await eventually(() => inFlight.used() === 0)
  })
})
